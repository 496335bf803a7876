import { inspect } from "node:util";
import { ForeignError } from "../../src/kit/foreign-error.ts";

const ESCAPE = String.fromCharCode(27);

it("of a library's error the message, name, code, status and request number are kept", () => {
  const error = Object.assign(new Error("no such user"), {
    name: "RestError",
    code: "UserNotFound",
    statusCode: 404,
    requestId: "7",
    request: { headers: { authorization: "secret" } },
  });
  const kept = new ForeignError(error);
  expect({ ...kept, message: kept.message }).toEqual({
    name: "RestError",
    message: "no such user",
    code: "UserNotFound",
    statusCode: 404,
    requestId: "7",
  });
  expect(inspect(kept, { depth: 9 })).not.toContain("secret");
});

describe("a secret is not repeated:", () => {
  it.each<[string, string]>([
    ["one that is known", "AUTH hunter2"],
    ["a token of a bearer", "header was Bearer hunter2"],
    [
      "a token",
      `header was eyJhbGciOiJIUzI1NiJ9.${Buffer.from("hunter2").toString("base64url")}.x`,
    ],
    ["a signature of Azure Storage", "Authorization: SharedKey acc:hunter2="],
    ["a signature in a URL", "https://a.example/?sv=1&sig=hunter2&x=1"],
    ["a secret of an application", "body was client_id=1&client_secret=hunter2"],
    ["an assertion of an application", "client_assertion=hunter2&x"],
  ])("%s", (_, message) => {
    const kept = new ForeignError(new Error(message), undefined, ["hunter2", ""]);
    const unknown = new ForeignError(new Error(message));
    expect(kept.message).toContain("[redacted]");
    expect(kept.message).not.toContain("hunter2");
    if (!message.startsWith("AUTH")) expect(unknown.message).not.toContain("hunter2");
    expect(unknown.message).not.toMatch(/eyJ/);
  });
});

describe("whatever is thrown becomes one line:", () => {
  it.each<[string, unknown, string]>([
    ["nothing", undefined, "undefined"],
    ["null", null, "null"],
    ["text", "no", "no"],
    ["lines with escapes", new Error(`a\r\n${ESCAPE}[2Jb`), "a \\u{1b}[2Jb"],
    [
      "an error with a code only",
      Object.assign(new Error(""), { code: "ECONNREFUSED" }),
      "ECONNREFUSED",
    ],
    ["an object without a prototype", Object.create(null), "an error that cannot be printed"],
    ["a message that is none", { message: 7, code: 8 }, "[object Object]"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["more than anybody reads", new Error("x".repeat(5000)), `${"x".repeat(297)}...`],
  ])("%s", (_, thrown, message) => {
    expect(new ForeignError(thrown).message).toBe(message);
  });
});
