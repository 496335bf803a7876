import { readCatchUp } from "../../src/history/catch-up-request.ts";
import { RequestRefused } from "../../src/http/problem.ts";

const EPOCH = "AAAAAAAA";
const good = { grant: "g", since: { a: `${EPOCH}:1` } };

function refusalOf(body: unknown) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  try {
    return readCatchUp(Buffer.from(text));
  } catch (error) {
    if (error instanceof RequestRefused) return `${error.problem.status} ${error.problem.code}`;
    throw error;
  }
}

const streams = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`g:${index}`, ""]));

it("a request is read as the client writes it", () => {
  const request = readCatchUp(
    Buffer.from(
      JSON.stringify({
        grant: "g",
        since: { a: `${EPOCH}:1041`, u: `${EPOCH}:0`, "g:news": "" },
        seen: { a: `${EPOCH}:1043` },
        connections: ["one", "two"],
        at: { endpoint: "eastus", epoch: 3, incarnation: "x" },
        own: { a: 7 },
      }),
    ),
  );
  expect(request).toEqual({
    grant: "g",
    since: new Map([
      ["a", { epoch: EPOCH, offset: 1041 }],
      ["u", { epoch: EPOCH, offset: 0 }],
      ["g:news", undefined],
    ]),
    seen: new Map([["a", { epoch: EPOCH, offset: 1043 }]]),
    connections: ["one", "two"],
    at: { endpoint: "eastus", epoch: 3, incarnation: "x" },
  });
});

describe("a request is good", () => {
  it.each<[string, unknown]>([
    ["with no more than a grant and a stream", good],
    ["without streams, which is a review", { grant: "g", since: {}, at: { endpoint: "eastus" } }],
    ["with 64 streams", { grant: "g", since: streams(64) }],
    ["with the longest name of a group", { grant: "g", since: { [`g:${"n".repeat(1024)}`]: "" } }],
    ["with a group named like a part of an object", { grant: "g", since: { "g:__proto__": "" } }],
    [
      "with the last offset that is told apart",
      { grant: "g", since: { a: `${EPOCH}:9007199254740991` } },
    ],
    ["with eight connections", { ...good, connections: Array(8).fill("c") }],
    ["of a client to come, that says more", { ...good, more: true }],
  ])("%s", (_, body) => {
    expect(refusalOf(body)).toMatchObject({ grant: "g" });
  });
});

describe("a request is refused with 400", () => {
  it.each<[string, unknown]>([
    ["that is empty", ""],
    ["that is no JSON", "{"],
    ["that is a list", "[]"],
    ["that is null", "null"],
    ["without a grant", { since: {} }],
    ["with a grant that is no text", { ...good, grant: 7 }],
    ["without streams", { grant: "g" }],
    ["with a list of streams", { grant: "g", since: ["a"] }],
    ["with null for streams", { grant: "g", since: null }],
    ["for what is no stream", { grant: "g", since: { b: "" } }],
    ["for a stream without a name", { grant: "g", since: { "": "" } }],
    ["for a group without a name", { grant: "g", since: { "g:": "" } }],
    [
      "for a group whose name is too long",
      { grant: "g", since: { [`g:${"n".repeat(1025)}`]: "" } },
    ],
    ["for the stream of a user by its name", { grant: "g", since: { "u:bob": "" } }],
    ["with a part of an object for a stream", '{"grant":"g","since":{"__proto__":""}}'],
    ["with a negative offset", { grant: "g", since: { a: `${EPOCH}:-1` } }],
    ["with an offset that is no number", { grant: "g", since: { a: `${EPOCH}:x` } }],
    ["with an offset between two", { grant: "g", since: { a: `${EPOCH}:1.5` } }],
    ["with an offset with leading zeros", { grant: "g", since: { a: `${EPOCH}:01` } }],
    ["with an offset in hexadecimal", { grant: "g", since: { a: `${EPOCH}:0x10` } }],
    [
      "with an offset beyond those told apart",
      { grant: "g", since: { a: `${EPOCH}:9007199254740992` } },
    ],
    ["with an offset alone", { grant: "g", since: { a: 7 } }],
    ["with an epoch alone", { grant: "g", since: { a: EPOCH } }],
    ["with an epoch that is too long", { grant: "g", since: { a: `${EPOCH}A:1` } }],
    ["with a blank behind a position", { grant: "g", since: { a: `${EPOCH}:1 ` } }],
    ["with null for a position", { grant: "g", since: { a: null } }],
    ["with an object for a position", { grant: "g", since: { a: {} } }],
    ["that has seen no position", { ...good, seen: { a: "" } }],
    ["that has seen what is no stream", { ...good, seen: { b: `${EPOCH}:1` } }],
    ["with nine connections", { ...good, connections: Array(9).fill("c") }],
    ["with a connection that is no text", { ...good, connections: [7] }],
    ["with a connection without an id", { ...good, connections: [""] }],
    ["with an id that is too long", { ...good, connections: ["c".repeat(1025)] }],
    ["with a text for connections", { ...good, connections: "c" }],
    ["from nowhere", { ...good, at: {} }],
    ["from an endpoint without a name", { ...good, at: { endpoint: "" } }],
    ["from an epoch that is none", { ...good, at: { endpoint: "eastus", epoch: "3" } }],
    ["from an epoch before all", { ...good, at: { endpoint: "eastus", epoch: -1 } }],
    ["from an incarnation that is none", { ...good, at: { endpoint: "eastus", incarnation: 7 } }],
    ["from one that is too long", { ...good, at: { endpoint: "e", incarnation: "i".repeat(65) } }],
    ["nested as deep as can be", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
  ])("%s", (_, body) => {
    expect(refusalOf(body)).toBe("400 ERR_HISTORY_REQUEST");
  });
});

describe("a request is refused with 413", () => {
  it.each<[string, unknown]>([
    ["for 65 streams", { grant: "g", since: streams(65) }],
    ["for 10,000 streams", { grant: "g", since: streams(10_000) }],
    ["that has seen 65 streams", { ...good, seen: streams(65) }],
  ])("%s", (_, body) => {
    expect(refusalOf(body)).toBe("413 ERR_HISTORY_REQUEST");
  });
});
