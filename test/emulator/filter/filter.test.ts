import { odata } from "@azure/web-pubsub";
import fc from "fast-check";
import { compileFilter } from "../../../src/emulator/filter/compile-filter.ts";
import { FilterSyntaxError } from "../../../src/emulator/filter/filter-syntax-error.ts";

const protocol = "json.webpubsub.azure.v1";
const ann = { id: "c1", userId: "Ann", groups: new Set(["g", "h i", "it's"]), protocol };
const anonymous = { id: "c2", userId: null, groups: new Set<string>(), protocol: null };

const problemOf = (filter: string): string => {
  try {
    compileFilter(filter);
  } catch (error) {
    if (error instanceof FilterSyntaxError) return error.message;
    throw error;
  }
  return "none";
};

describe("a filter", () => {
  test.each<[string, boolean, boolean]>([
    // identifiers and literals
    ["userId eq 'Ann'", true, false],
    ["userId eq 'ann'", false, false],
    ["userId ne 'Ann'", false, true],
    ["connectionId eq 'c2'", false, true],
    ["'Ann' eq userId", true, false],
    ["USERID eq 'Ann' and ConnectionID eq 'c1' and 'g' in Groups", true, false],
    ["userId EQ 'Ann' AND NOT FALSE", true, false],
    ["  ( userId\teq\n'Ann' ) ", true, false],
    ["true", true, true],
    ["false", false, false],
    ["'it''s' in groups", true, false],
    ["'' eq ''", true, true],
    ["'''' eq ''''", true, true],
    ["'a''''b' eq 'a''b'", false, false],
    // the protocol (E)
    ["protocol eq 'json.webpubsub.azure.v1'", true, false],
    ["Protocol eq null", false, true],
    ["startswith(protocol, 'json.') and not contains(protocol, 'reliable')", true, false],
    ["protocol in ('mqtt', 'json.webpubsub.azure.v1')", true, false],
    // null
    ["userId eq null", false, true],
    ["userId ne null", true, false],
    ["null eq null", true, true],
    ["userId gt null", false, false],
    ["not (userId gt null)", true, true],
    ["userId ge ''", true, false],
    ["userId lt 'Z'", true, false],
    ["length(userId) eq null", false, true],
    ["tolower(userId) eq null", false, true],
    ["indexof(userId, 'x') eq -1", true, false],
    ["indexof(userId, 'x') ne -1", false, true],
    ["concat(userId, null) eq null", true, true],
    ["startswith(userId, 'A') eq null", false, true],
    ["startswith(userId, 'A')", true, false],
    ["not startswith(userId, 'A')", false, false],
    ["not startswith(userId, 'B')", true, false],
    ["startswith(userId, 'B') or true", true, true],
    ["not (startswith(userId, 'B') and false)", true, true],
    ["not (startswith(userId, 'B') and true)", true, false],
    ["not (startswith(userId, 'B') or false)", true, false],
    ["startswith(userId, 'A') and true", true, false],
    // comparisons
    ["length(userId) eq 3", true, false],
    ["length(userId) eq +3", true, false],
    ["length(userId) gt -1", true, false],
    ["length(userId) ge 3 and length(userId) le 3", true, false],
    ["length(userId) lt 3", false, false],
    ["length(userId) lt 9223372036854775807", true, false],
    ["-9223372036854775808 lt 0", true, true],
    ["10 gt 9", true, true],
    ["'10' gt '9'", false, false],
    ["'b' gt 'a' and 'a' gt 'B'", true, true],
    ["(userId eq 'Ann') eq true", true, false],
    ["(userId eq 'Ann') ne (connectionId eq 'c1')", false, false],
    // binding
    ["true or true and false", true, true],
    ["(true or true) and false", false, false],
    ["not false and false", false, false],
    ["not (false and false)", true, true],
    ["not not true", true, true],
    ["not true eq false", true, true],
    ["not (length(userId) gt 5)", true, true],
    ["userId eq 'x' or userId eq 'Ann' and connectionId eq 'c1'", true, false],
    // membership
    ["userId in ('Bob', 'Ann')", true, false],
    ["userId in ('Bob')", false, false],
    ["userId in (null)", false, true],
    ["userId in ('Bob', null)", false, true],
    ["not (userId in ('Bob', 'Cid'))", true, true],
    ["length(userId) in (1, 3)", true, false],
    ["tolower(userId) in (concat('a', 'nn'), ('b'))", true, false],
    ["true in (false, true)", true, true],
    ["'g' in groups", true, false],
    ["'G' in groups", false, false],
    ["'h i' in (groups)", true, false],
    ["'h i' in ((groups))", true, false],
    ["'x' in groups", false, false],
    ["userId in groups", false, false],
    ["not ('x' in groups)", true, true],
    ["'g' in groups and 'it''s' in groups", true, false],
    // functions
    ["endswith(userId, 'nn')", true, false],
    ["contains(userId, 'nN')", false, false],
    ["contains(userId, 'n')", true, false],
    ["contains(userId, '')", true, false],
    ["ToUpper(userId) eq 'ANN' and tolower('ÄB') eq 'äb'", true, false],
    ["trim('  a b ') eq 'a b'", true, true],
    ["substring('abcde', 1) eq 'bcde'", true, true],
    ["substring('abcde', 1, 2) eq 'bc'", true, true],
    ["substring('abcde', 9) eq ''", true, true],
    ["substring('abcde', 3, 9) eq 'de'", true, true],
    ["substring('abcde', -2, 2) eq 'ab'", true, true],
    ["substring('abcde', 1, -1) eq ''", true, true],
    ["indexof('abc', 'c') eq 2", true, true],
    ["length(groups) eq 3", true, false],
    ["length((groups)) eq 0", false, true],
    ["length('') eq 0", true, true],
    ["length(concat(userId, concat('-', connectionId))) eq 6", true, false],
    ["startswith ( userId , 'A' )", true, false],
  ])("%j is %j of Ann and %j of an anonymous client", (filter, ofAnn, ofAnonymous) => {
    const accepts = compileFilter(filter);
    expect([accepts(ann), accepts(anonymous)]).toEqual([ofAnn, ofAnonymous]);
  });

  test("a filter written by the official odata tag is understood, quotes and null included", () => {
    const name = "O'Hara";
    const accepts = compileFilter(
      odata`userId eq ${name} or userId eq ${null} and length(connectionId) eq ${2}`,
    );
    expect(accepts({ ...ann, userId: name })).toBe(true);
    expect(accepts(ann)).toBe(false);
    expect(accepts(anonymous)).toBe(true);
  });

  test.each([
    ["invalid filter", 14],
    ["", 0],
    ["   ", 3],
    ["userId eq", 9],
    ["userId eq 'a", 12],
    ["userId eq 'it''s", 16],
    ["userId = 'a'", 8],
    ["userId eq 'a' b", 15],
    ["userId eq 'a' eq true", 16],
    ["(userId eq 'a'", 14],
    ["userId eq 'a')", 14],
    ["and true", 3],
    ["true and", 8],
    ["not", 3],
    ["eq eq eq", 2],
    ["userId in", 9],
    ["userId in ()", 12],
    ["userId in ('a',)", 16],
    ["userId in ('a' 'b')", 18],
    ["userId in 'a'", 13],
    ["userId in ('a' eq 'b')", 17],
    ["length(userId eq 'a') eq 1", 16],
    ["length(userId", 13],
    ["length userId", 13],
    ["1.5 eq 1", 3],
    ["1x eq 1", 2],
    ["- 1 eq 1", 1],
    ["9223372036854775808 eq 1", 19],
    ["userId eq \u{1f600}", 11],
    ["true; drop", 5],
    ["groups/any(g: g eq 'a')", 7],
    ["__proto__ constructor", 21],
  ])("%j cannot be read from position %i on", (filter, position) => {
    expect(problemOf(filter)).toBe(
      `Invalid syntax for '${filter}': Syntax error at position ${position} in '${filter}'. ` +
        "(Parameter 'filter')",
    );
  });

  test.each([
    ["not length(userId) gt 5", "not length(userId)", "null", "bool"],
    ["not length('a') gt 5", "not length('a')", "int", "bool"],
    // E names a bare name's own type, and of an order the number that it wants.
    ["userId", "userId", "string", "bool"],
    ["userId lt 1", "userId lt 1", "string", "int"],
    ["1 ge connectionId", "1 ge connectionId", "string", "int"],
    ["length(userId) gt userId", "length(userId) gt userId", "string", "int"],
    ["'a' le true", "'a' le true", "string", "int"],
    ["connectionId", "connectionId", "string", "bool"],
    ["'x'", "'x'", "string", "bool"],
    ["null", "null", "null", "bool"],
    ["groups", "groups", "collection", "bool"],
    ["true and 1", "true and 1", "int", "bool"],
    ["false or (true and 'x')", "(true and 'x')", "string", "bool"],
    ["connectionId eq 5", "connectionId eq 5", "int", "string"],
    ["5 eq 'a'", "5 eq 'a'", "string", "int"],
    ["true eq 'a'", "true eq 'a'", "string", "bool"],
    ["true gt false", "true gt false", "bool", "int"],
    ["groups eq 'g'", "groups eq 'g'", "collection", "string"],
    ["true or length(5) eq 1", "length(5)", "int", "string"],
    ["startswith(groups, 'g')", "startswith(groups, 'g')", "collection", "string"],
    ["substring('a', 'b') eq 'a'", "substring('a', 'b')", "string", "int"],
    ["connectionId in ('a', 1)", "connectionId in ('a', 1)", "int", "string"],
    ["groups in ('a')", "groups in ('a')", "collection", "string"],
    ["1 in groups", "1 in groups", "int", "string"],
    ["'g' in connectionId", "'g' in connectionId", "string", "collection"],
    ["'g' in (groups, groups)", "'g' in (groups, groups)", "collection", "string"],
  ])("%j is refused for its part %j of type %s instead of %s", (filter, part, type, expected) => {
    expect(problemOf(filter)).toBe(
      `Invalid syntax for '${part}': Type '${type}', expect '${expected}'. (Parameter 'filter')`,
    );
  });

  test.each([
    // E: the token as it is written, in the nearest part around it.
    ["who eq 'a'", /^Invalid syntax for 'who eq 'a'': Token 'who' is not supported\. \(Parameter/],
    ["Who", /^Invalid syntax for 'Who': Token 'Who' is not supported\./],
    ["true or not Who", /^Invalid syntax for 'true or not Who': Token 'Who' is not supported\./],
    ["length(who) eq 1", /^Invalid syntax for 'length\(who\)': Token 'who' is not supported\./],
    ["userId in (who)", /^Invalid syntax for 'userId in \(who\)': Token 'who' is not supported\./],
    ["__proto__ eq 'a'", /Token '__proto__' is not supported/],
    ["toString() eq 'a'", /^Invalid syntax for 'toString\(\)': Token 'toString\(\)' is not sup/],
    ["Foo( 'a',1 )", /^Invalid syntax for 'Foo\( 'a',1 \)': Token 'Foo\( 'a',1 \)' is not sup/],
    ["constructor('a')", /Token 'constructor\('a'\)' is not supported/],
    ["length() eq 1", /Function 'length' does not take 0 arguments/],
    ["length('a', 'b') eq 1", /Function 'length' does not take 2 arguments/],
    ["substring('a') eq 'a'", /Function 'substring' does not take 1 arguments/],
  ])("%j names what it does not know", (filter, problem) => {
    expect(problemOf(filter)).toMatch(problem);
  });

  test.each([
    ["parentheses", "(".repeat(16_000)],
    ["negations", `${"not ".repeat(8_000)}true`],
    ["calls", "trim(".repeat(6_000)],
    ["nested lists", "1 in (".repeat(5_000)],
    ["clauses", Array(1_001).fill("userId eq 'a'").join(" or ")],
    ["values", `userId in (${Array(4_000).fill("'a'").join()})`],
    ["quotes", "'".repeat(32_767)],
    ["characters", " ".repeat(32_769)],
    ["much more characters", "(".repeat(1024 * 1024)],
  ])("a filter of too many %s is refused", (_what, filter) => {
    expect(problemOf(filter)).toContain("(Parameter 'filter')");
  });

  test.each([
    ["a hundred clauses", Array(100).fill("userId eq 'x'").join(" or ")],
    ["a thousand clauses", Array(1_000).fill("userId eq 'x'").join(" and ")],
    ["a thousand names", `userId in (${Array(1_000).fill("'x'").join()})`],
    ["fifty levels", `${"(".repeat(50)}userId eq 'x'${")".repeat(50)}`],
    ["a long text", `userId eq '${"x".repeat(32_000)}'`],
  ])("a filter of %s is evaluated", (_what, filter) => {
    expect(compileFilter(filter)(ann)).toBe(false);
  });

  test("any text is a filter or a syntax error, nothing else", () => {
    const word = fc.constantFrom(
      ..."( ) , ' ' eq ne in not and or true null userId groups length( substring( 'a' 1 -2".split(
        " ",
      ),
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
    );
    fc.assert(
      fc.property(text, (filter) => {
        if (problemOf(filter) !== "none") return;
        const accepts = compileFilter(filter);
        expect(typeof accepts(ann)).toBe("boolean");
        expect(typeof accepts(anonymous)).toBe("boolean");
      }),
      { numRuns: 2_000 },
    );
  });

  test("any quoted text means itself", () => {
    fc.assert(
      fc.property(fc.string(), (userId) => {
        const accepts = compileFilter(`userId eq '${userId.replaceAll("'", "''")}'`);
        expect(accepts({ ...ann, userId })).toBe(true);
      }),
    );
  });
});
