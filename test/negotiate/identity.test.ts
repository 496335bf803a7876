import { runInNewContext } from "node:vm";
import { readIdentity } from "../../src/negotiate/identity.ts";

class User {
  readonly userId = "ada-secret";
}

const outcomeOf = (answer: unknown, allowAnonymous = false): unknown => {
  try {
    return readIdentity(answer, allowAnonymous);
  } catch (error) {
    return error;
  }
};

const bare = (entries: object): object => Object.assign(Object.create(null), entries);

describe("an answer of authenticate is an identity:", () => {
  it.each<[string, unknown, object]>([
    ["a user", { userId: "ada" }, { userId: "ada" }],
    ["a user with a number", { userId: 42 }, { userId: "42" }],
    ["the user zero", { userId: 0 }, { userId: "0" }],
    ["a user by the longest name", { userId: "x".repeat(1024) }, { userId: "x".repeat(1024) }],
    ["a user by any letters", { userId: "jos\u00e9 \u{1f600}" }, { userId: "jos\u00e9 \u{1f600}" }],
    [
      "a user with roles and groups",
      { userId: "ada", roles: ["webpubsub.sendToGroup"], groups: ["news"] },
      { userId: "ada", roles: ["webpubsub.sendToGroup"], groups: ["news"] },
    ],
    [
      "a user with lists left out",
      { userId: "ada", roles: undefined, groups: [] },
      { userId: "ada", groups: [] },
    ],
    ["an object without a prototype", bare({ userId: "ada" }), { userId: "ada" }],
    [
      "an object of another realm",
      runInNewContext('({ userId: "ada", groups: ["news"] })'),
      { userId: "ada", groups: ["news"] },
    ],
  ])("%s", (_, answer, expected) => {
    expect(outcomeOf(answer)).toEqual(expected);
    expect(outcomeOf(answer, true)).toEqual(expected);
  });
});

describe("an answer of authenticate is an anonymous client only where that is allowed:", () => {
  it.each<[string, unknown, object]>([
    ["nothing in it", {}, {}],
    ["a user who is not defined", { userId: undefined }, {}],
    ["groups alone", { groups: ["news"] }, { groups: ["news"] }],
    ["one without a prototype", bare({}), {}],
    // Nothing counts that is not its own.
    ["one that inherits a user", Object.create(bare({ userId: "ada" })), {}],
  ])("%s", (_, answer, expected) => {
    expect(outcomeOf(answer, true)).toEqual(expected);
    expect(outcomeOf(answer)).toMatchObject({
      code: "ERR_AUTHENTICATE_FAILED",
      message: expect.stringMatching(/without a userId; .* negotiate\.allowAnonymous: true$/),
    });
  });
});

describe("an answer of authenticate is refused, with what is wrong and without what it says:", () => {
  it.each<[string, unknown, string]>([
    ["nothing", undefined, "answered undefined; return a plain object"],
    ["true", true, "answered a boolean;"],
    ["false", false, "answered a boolean;"],
    ["a text", "ada-secret", "answered a string;"],
    ["a number", 42, "answered a number;"],
    ["a bigint", 42n, "answered a bigint;"],
    ["a symbol", Symbol("ada-secret"), "answered a symbol;"],
    ["a function", () => ({ userId: "ada-secret" }), "answered a function;"],
    ["an array", [{ userId: "ada-secret" }], "answered an array;"],
    ["an error", new Error("ada-secret"), "answered an error, which is to be thrown;"],
    ["a map", new Map([["userId", "ada-secret"]]), "answered an object of a class;"],
    ["a date", new Date(), "answered an object of a class;"],
    ["an object of a class", new User(), "answered an object of a class;"],
    ["what inherits", Object.create({ userId: "ada-secret" }), "answered an object of a class;"],
    ["a map of another realm", runInNewContext("new Map()"), "answered an object of a class;"],
    [
      "claims of a token",
      { sub: "ada-secret", iat: 1 },
      'an object with "sub", "iat"; only userId',
    ],
    ["a misspelt key", { userID: "ada-secret" }, 'an object with "userID";'],
    ["another key beside", { userId: "ada-secret", error: "x" }, 'an object with "error";'],
    ["a key of a prototype", JSON.parse('{"userId":"ada-secret","__proto__":{}}'), '"__proto__";'],
    ["a symbol for a key", { userId: "ada-secret", [Symbol("x")]: 1 }, "an object with a symbol;"],
    ["a hidden key", Object.defineProperty({ userId: "ada-secret" }, "x", { value: 1 }), '"x";'],
    ["a key to print", { "a\u001b[31mb": 1 }, "an object with a key of 7 characters;"],
    [
      "many keys",
      { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 },
      '"a", "b", "c", "d", "e" and 2 more;',
    ],
    ["an empty user", { userId: "" }, "a userId that is blank;"],
    ["a blank user", { userId: " \t" }, "a userId that is blank;"],
    ["null for a user", { userId: null }, "a userId that is null;"],
    ["no number for a user", { userId: Number.NaN }, "a userId that is no finite number;"],
    ["no end for a user", { userId: Infinity }, "a userId that is no finite number;"],
    ["a bigint for a user", { userId: 1n }, "a userId that is a bigint;"],
    ["true for a user", { userId: true }, "a userId that is a boolean;"],
    ["an object for a user", { userId: { id: "ada-secret" } }, "a userId that is an object;"],
    ["a list of users", { userId: ["ada-secret"] }, "a userId that is an array;"],
    ["a user too long", { userId: "x".repeat(1025) }, "has 1025 characters, and not 1 to 1024;"],
    [
      "half of a character",
      { userId: "ada-secret\ud83d" },
      "a userId that has half of a character",
    ],
    ["roles in one text", { userId: "a", roles: "ada-secret" }, "roles that are a string;"],
    [
      "roles in a set",
      { userId: "a", roles: new Set(["x"]) },
      "roles that are an object of a class;",
    ],
    ["no roles at all", { userId: "a", roles: null }, "roles that are null;"],
    ["a role that is empty", { userId: "a", roles: ["x", ""] }, "roles, of which [1] is blank;"],
    ["a role too long", { userId: "a", roles: ["x".repeat(1050)] }, "[0] has 1050 characters"],
    [
      "a group that is no text",
      { userId: "a", groups: ["x", 7] },
      "groups, of which [1] is a number;",
    ],
    ["a group that is missing", { userId: "a", groups: new Array(2) }, "[0] is undefined;"],
    ["a group that is blank", { userId: "a", groups: [" "] }, "groups, of which [0] is blank;"],
    ["a group too long", { userId: "a", groups: ["x".repeat(1025)] }, "[0] has 1025 characters"],
  ])("%s", (_, answer, problem) => {
    for (const allowAnonymous of [false, true]) {
      const error = outcomeOf(answer, allowAnonymous) as Error;
      expect(error).toMatchObject({
        code: "ERR_AUTHENTICATE_FAILED",
        message: expect.stringContaining(problem),
      });
      expect(error.message).toMatch(/^negotiate\.authenticate answered .*; (return|only|give) /);
      expect(error.message).not.toContain("ada-secret");
    }
  });

  it("a polluted prototype gives nobody a user", () => {
    const polluted = Object.prototype as { userId?: string };
    polluted.userId = "mallory";
    try {
      expect(outcomeOf({})).toMatchObject({ code: "ERR_AUTHENTICATE_FAILED" });
      expect(Object.hasOwn(outcomeOf({}, true) as object, "userId")).toBe(true);
      expect(outcomeOf({}, true)).toMatchObject({ userId: undefined });
    } finally {
      delete polluted.userId;
    }
  });
});
