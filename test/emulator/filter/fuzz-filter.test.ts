import fc from "fast-check";
import type { FilterSubject } from "../../../src/emulator/filter/binder.ts";
import { compileFilter } from "../../../src/emulator/filter/compile-filter.ts";
import { FilterSyntaxError } from "../../../src/emulator/filter/filter-syntax-error.ts";
import { runs } from "../../support/runs.ts";

/** What a condition says, as it is written and as it is meant; null when it leaves it open. */
interface Condition {
  text: string;
  holds: (subject: FilterSubject) => boolean | null;
}

const letters = fc.string({
  unit: fc.constantFrom("a", "b", "A", "'", "é", ".", " "),
  maxLength: 3,
});

const subject: fc.Arbitrary<FilterSubject> = fc.record({
  id: letters,
  userId: fc.option(letters),
  groups: fc.array(letters, { maxLength: 3 }).map((groups) => new Set(groups)),
  protocol: fc.option(letters),
});

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Keywords ignore case. */
const spelled = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(word, word.toUpperCase(), `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);

interface Text {
  text: string;
  of: (subject: FilterSubject) => string | null;
}

const plainText: fc.Arbitrary<Text> = fc.oneof(
  spelled("userId").map((name): Text => ({ text: name, of: ({ userId }) => userId })),
  spelled("connectionId").map((name): Text => ({ text: name, of: ({ id }) => id })),
  spelled("protocol").map((name): Text => ({ text: name, of: ({ protocol }) => protocol })),
  letters.map((value) => ({ text: quote(value), of: () => value })),
);

const text: fc.Arbitrary<Text> = fc.oneof(
  plainText,
  fc.tuple(plainText, spelled("tolower")).map(([inner, name]) => ({
    text: `${name}(${inner.text})`,
    of: (who: FilterSubject) => inner.of(who)?.toLowerCase() ?? null,
  })),
);

const comparisons: Record<string, (a: string | null, b: string | null) => boolean> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a !== null && b !== null && a < b,
  ge: (a, b) => a !== null && b !== null && a >= b,
};

const searches: Record<string, (a: string, b: string) => boolean> = {
  startswith: (a, b) => a.slice(0, b.length) === b,
  endswith: (a, b) => b === "" || a.slice(-b.length) === b,
  contains: (a, b) => a.split(b).length > 1 || b === "",
};

const comparison = fc
  .tuple(
    text,
    fc.constantFrom("eq", "ne", "lt", "ge"),
    text,
    fc.constantFrom(" ", "  ", "\t", "\n"),
  )
  .map(
    ([left, name, right, space]): Condition => ({
      text: [left.text, name, right.text].join(space),
      holds: (who) => comparisons[name]?.(left.of(who), right.of(who)) ?? null,
    }),
  );

const search = fc
  .tuple(fc.constantFrom("startswith", "endswith", "contains"), text, text)
  .map(([name, whole, part]): Condition => {
    return {
      text: `${name}(${whole.text} , ${part.text})`,
      holds: (who) => {
        const [a, b] = [whole.of(who), part.of(who)];
        return a === null || b === null ? null : (searches[name]?.(a, b) ?? null);
      },
    };
  });

const membership = fc.tuple(text, spelled("groups")).map(
  ([item, groups]): Condition => ({
    text: `${item.text} in ${groups}`,
    holds: (who) => [...who.groups].some((group) => group === item.of(who)),
  }),
);

/** One open part leaves the whole open, unless another part decides it. */
function chain(word: "and" | "or", parts: Condition[]): Condition {
  const decisive = word === "or";
  return {
    text: parts.map((part) => part.text).join(` ${word} `),
    holds: (who) => {
      const values = parts.map((part) => part.holds(who));
      if (values.includes(decisive)) return decisive;
      return values.includes(null) ? null : !decisive;
    },
  };
}

const parenthesized = ({ text: inner, holds }: Condition): Condition => ({
  text: `( ${inner})`,
  holds,
});

const negated = ({ text: inner, holds }: Condition): Condition => ({
  text: `not (${inner})`,
  holds: (who) => {
    const value = holds(who);
    return value === null ? null : !value;
  },
});

const { condition } = fc.letrec<{ condition: Condition; tight: Condition; conjunction: Condition }>(
  (tie) => ({
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      tie("tight"),
      fc.array(tie("conjunction"), { minLength: 2, maxLength: 3 }).map((all) => chain("or", all)),
    ),
    conjunction: fc
      .array(tie("tight"), { minLength: 1, maxLength: 3 })
      .map((all) => chain("and", all)),
    tight: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      comparison,
      search,
      membership,
      tie("condition").map(parenthesized),
      tie("condition").map(negated),
    ),
  }),
);

const pieces = fc.constantFrom(
  ..."userId connectionId protocol groups true FALSE null and or not in eq ne gt ge lt le ( ) , ' ''".split(
    " ",
  ),
  ..."'a' '' 'it''s' 0 -1 +7 9223372036854775807 9223372036854775808 1.5 1e5 0x10 _x __proto__".split(
    " ",
  ),
  ..."startswith( substring( concat( indexof( length( tolower( constructor( . ; \u0000 é \ud800".split(
    " ",
  ),
  " ",
  "\n",
);

const soup = fc
  .array(fc.tuple(pieces, fc.constantFrom("", " ")), { maxLength: 40 })
  .map((all) => all.flat().join(""));

const damaged = fc
  .tuple(condition, fc.nat(), fc.nat({ max: 3 }), fc.option(pieces))
  .map(([{ text: whole }, at, count, piece]) => {
    const place = at % (whole.length + 1);
    return whole.slice(0, place) + (piece ?? "") + whole.slice(place + count);
  });

function compileOrRefuse(filter: string) {
  try {
    return compileFilter(filter);
  } catch (error) {
    if (error instanceof FilterSyntaxError) return undefined;
    throw error;
  }
}

test("a filter of the grammar means what it says", () => {
  fc.assert(
    fc.property(
      condition,
      fc.array(subject, { minLength: 1, maxLength: 4 }),
      (written, subjects) => {
        const filter = compileFilter(written.text);
        for (const who of subjects) expect(filter(who)).toBe(written.holds(who) === true);
      },
    ),
    runs(1000),
  );
});

test.each([
  ["a string", fc.string({ unit: "binary", maxLength: 200 })],
  ["a soup of the grammar's words", soup],
  ["a filter that has been damaged", damaged],
])("%s is a filter that answers, or a syntax error", (_what, filters) => {
  fc.assert(
    fc.property(filters, subject, (text, who) => {
      const filter = compileOrRefuse(text);
      expect([true, false, undefined]).toContain(filter?.(who));
    }),
    runs(1500),
  );
});

test.each([
  ["parentheses", (length: number) => "(".repeat(length)],
  ["negations", (length: number) => `${"not ".repeat(length / 4)}true`],
  ["quotes", (length: number) => "'".repeat(length - 1)],
  ["digits", (length: number) => "9".repeat(length)],
  ["spaces", (length: number) => " ".repeat(length)],
  ["calls", (length: number) => "tolower(".repeat(length / 8)],
  ["lists", (length: number) => `userId in (${"'a',".repeat(length / 4)}'a')`],
  ["terms", (length: number) => `true${" or true".repeat(length / 8)}`],
  ["stray characters", (length: number) => "§".repeat(length)],
])("64 KB of %s are judged like any other filter", (_what, make) => {
  for (const length of [1024, 16_384, 32_760, 65_536]) {
    const filter = compileOrRefuse(make(length));
    expect([true, false, undefined]).toContain(
      filter?.({ id: "", userId: "a", groups: new Set(), protocol: null }),
    );
  }
});
