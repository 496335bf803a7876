import fc from "fast-check";
import { Roles } from "../../../src/emulator/hub/roles.ts";
import { readGroupPattern } from "../../../src/kit/group-pattern.ts";

test.each([
  [["webpubsub.joinLeaveGroup"], "joinLeaveGroup", "any", true],
  [["webpubsub.joinLeaveGroup"], "sendToGroup", "any", false],
  [["webpubsub.sendToGroup.a"], "sendToGroup", "a", true],
  [["webpubsub.sendToGroup.a"], "sendToGroup", "A", false],
  [["webpubsub.sendToGroup.a.b"], "sendToGroup", "a.b", true],
  [["webpubsub.sendToGroup.a"], "sendToGroup", "a.b", false],
  [["webpubsub.sendToGroup.*"], "sendToGroup", "a", false],
  [["webpubsub.sendToGroup.*"], "sendToGroup", "*", true],
  [["WebPubSub.sendToGroup"], "sendToGroup", "a", false],
  [["webpubsub.sendToGroups"], "sendToGroup", "a", false],
  [["webpubsub.sendToGroups."], "sendToGroup", "a", false],
  [["webpubsub.sendToGroups.a*"], "sendToGroup", "abc", true],
  [["webpubsub.sendToGroups.a*"], "joinLeaveGroup", "abc", false],
  [["webpubsub.joinLeaveGroups.a*"], "joinLeaveGroup", "abc", true],
  [["webpubsub.joinLeaveGroups.x", "webpubsub.joinLeaveGroups.**"], "joinLeaveGroup", "a.b", true],
  [
    ["webpubsub.joinLeaveGroups.******", "webpubsub.joinLeaveGroups.a"],
    "joinLeaveGroup",
    "a",
    true,
  ],
  [[], "sendToGroup", "a", false],
] as const)("the roles %j allow %s of %j: %j", (roles, permission, group, expected) => {
  expect(new Roles(roles).allows(permission, group)).toBe(expected);
});

describe("a pattern", () => {
  test.each([
    ["news", "news", true],
    ["news", "News", false],
    ["news", "newsy", false],
    ["new?", "news", true],
    ["new?", "new", false],
    ["new?", "new.", false],
    ["?", "ü", true],
    ["?", "\u{1f600}", true],
    ["a*c", "abbc", true],
    ["a*c", "ac", true],
    ["a*c", "ab.c", false],
    ["a*c", "abcd", false],
    ["*", "", true],
    ["a.*.c", "a.b.c", true],
    ["a.*.c", "a.b.b.c", false],
    ["a.**.c", "a.b.b.c", true],
    ["a.**.c", "a.c", false],
    ["a**", "a", true],
    ["a**", "a.b.c", true],
    ["**c", "a.b.c", true],
    ["***", "a.b", true],
    ["*a*b*", "xaxxbx", true],
    ["*a*b*", "xbxxax", false],
    ["**.x*", "a.xb.xc", true],
    ["*.*.*", "a.b", false],
    ["a\\*", "a*", true],
    ["a\\*", "ab", false],
    ["a\\?", "a?", true],
    ["a\\\\b", "a\\b", true],
    ["\\**", "*abc", true],
    ["a+(b|c)[d]", "a+(b|c)[d]", true],
    ["a.b", "axb", false],
    ["a b\n*", "a b\nc", true],
  ])("the group pattern %j matches %j: %j", (pattern, group, expected) => {
    expect(readGroupPattern(pattern)?.(group)).toBe(expected);
  });

  test.each([
    ["", "nothing"],
    ["a\\", "an escape of nothing"],
    ["a\\b", "an escape of a letter"],
    ["*a*a*a*a*a*", "six stars"],
    ["**a**a**", "three double stars"],
    ["a".repeat(1025), "more than 1024 characters"],
  ])("the group pattern %j is not valid: %s", (pattern) => {
    expect(readGroupPattern(pattern)).toBeUndefined();
  });

  test.each([
    ["*a*a*a*a*a", true],
    ["a".repeat(1024), true],
    ["**a*a**", true],
    ["\\*\\*\\*\\*\\*\\**", true],
  ])("the group pattern %j is valid", (pattern) => {
    expect(readGroupPattern(pattern)).toBeDefined();
  });

  test("a pattern of many wildcards is matched against a long name without a delay", () => {
    const patterns = ["*a*a*a*a*b", "**a**a*b", `**${"a".repeat(1000)}b`, `*${"?".repeat(1020)}b`];
    for (const pattern of patterns) {
      const matches = readGroupPattern(pattern);
      for (let round = 0; round < 20; round++) expect(matches?.("a".repeat(1024))).toBe(false);
    }
  });

  test("a group pattern means the same as the regular expression it stands for", () => {
    const part = fc.constantFrom("a", "b", ".", "?", "*", "**");
    const group = fc.array(fc.constantFrom("a", "b", "."), { maxLength: 8 });
    const expressions: Record<string, string> = {
      ".": "\\.",
      "?": "[^.]",
      "*": "[^.]*",
      "**": ".*",
    };
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), group, (parts, letters) => {
        const apart = parts.filter((one, index) => one[0] !== "*" || parts[index - 1]?.[0] !== "*");
        const matches = readGroupPattern(apart.join(""));
        if (!matches) return;
        const expected = new RegExp(`^${apart.map((one) => expressions[one] ?? one).join("")}$`);
        expect(matches(letters.join(""))).toBe(expected.test(letters.join("")));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("at run time", () => {
  test("a permission is granted and revoked for one group", () => {
    const roles = new Roles([]);
    roles.grant("sendToGroup", "a");
    expect(roles.allows("sendToGroup", "a")).toBe(true);
    expect(roles.allows("sendToGroup", "b")).toBe(false);
    expect(roles.allows("joinLeaveGroup", "a")).toBe(false);
    roles.revoke("sendToGroup", "a");
    expect(roles.allows("sendToGroup", "a")).toBe(false);
  });

  // E: Microsoft's emulator; what is said of one group stands above every role.
  test.each([
    ["of every group", "webpubsub.sendToGroup"],
    ["of that group", "webpubsub.sendToGroup.a1"],
    ["of a pattern", "webpubsub.sendToGroups.a*"],
  ])("a revocation takes one group from a role %s (E)", (_what, role) => {
    const roles = new Roles([role, "webpubsub.sendToGroup.other"]);
    expect(roles.allows("sendToGroup", "a1")).toBe(true);
    roles.revoke("sendToGroup", "a1");
    roles.revoke("sendToGroup", "a1");
    expect(roles.allows("sendToGroup", "a1")).toBe(false);
    expect(roles.allows("sendToGroup", "other")).toBe(true);
    roles.grant("sendToGroup", "a1");
    expect(roles.allows("sendToGroup", "a1")).toBe(true);
  });

  test("a pattern is not granted, but the group of that name", () => {
    const roles = new Roles(["webpubsub.sendToGroups.p*"]);
    roles.revoke("sendToGroup", "p*");
    roles.grant("sendToGroup", "q*");
    expect(roles.allows("sendToGroup", "pq")).toBe(true);
    expect(roles.allows("sendToGroup", "p*")).toBe(false);
    expect(roles.allows("sendToGroup", "qq")).toBe(false);
    expect(roles.allows("sendToGroup", "q*")).toBe(true);
  });
});
