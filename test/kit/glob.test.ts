import { type GlobStep, matchesGlob } from "../../src/kit/glob.ts";

const one: GlobStep = { kind: "any", repeats: false, crossesDots: false };
const run: GlobStep = { kind: "any", repeats: true, crossesDots: false };
const runOverDots: GlobStep = { kind: "any", repeats: true, crossesDots: true };

/** `a?*` and `#` for a run that crosses dots. */
const steps = (pattern: string): GlobStep[] =>
  [...pattern].map((character) => {
    if (character === "?") return one;
    if (character === "*") return run;
    return character === "#" ? runOverDots : { kind: "character", character };
  });

describe("a pattern", () => {
  test.each([
    ["", [""], ["a"]],
    ["abc", ["abc"], ["ab", "abcd", "Abc", ""]],
    ["?", ["a", "\u{1f600}"], ["", ".", "ab"]],
    ["a?c", ["abc"], ["a.c", "ac", "abbc"]],
    ["*", ["", "a", "abc"], [".", "a.b"]],
    ["#", ["", "a", "a.b", "..."], []],
    ["a*", ["a", "abc"], ["ba", "a.b"]],
    ["*a*", ["a", "bab", "aaa"], ["b", "b.a"]],
    ["a*.b", ["a.b", "ax.b"], ["a..b", "ab"]],
    ["a#b", ["ab", "a.x.b", "abb"], ["a", "b", "abc"]],
    ["**", ["", "ab"], ["a.b"]],
    ["*#", ["", "a.b"], []],
  ] as [string, string[], string[]][])("%j matches %j and not %j", (pattern, yes, no) => {
    expect(yes.filter((text) => !matchesGlob(steps(pattern), text))).toEqual([]);
    expect(no.filter((text) => matchesGlob(steps(pattern), text))).toEqual([]);
  });
});

test("takes a time that grows with the product of the lengths, not faster", () => {
  const startedAt = performance.now();
  expect(matchesGlob(steps(`${"*a".repeat(200)}b`), "a".repeat(2000))).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
