import { createSecretKey } from "node:crypto";
import { leaksOf } from "../support/no-secrets.ts";

// That every test file is watched is seen in each of them; here, that a watch finds something.
it.each([
  ["a key", "the key is 8f3c1d0e9b7a6f5e4d3c", ["8f3c1d0e9b7a6f5e4d3c"]],
  ["a key within JSON", JSON.stringify({ key: 'a"b-c-d-e-f-g-h' }), ['a"b-c-d-e-f-g-h']],
  ["a token", "url wss://east/client?t=eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", []],
  ["a connection string", "Endpoint=https://e;AccessKey=x;", []],
  ["a password in a URL", "redis://user:secret@cache:6379", []],
  ["a grant", `grant AQ${"aB3_".repeat(12)}`, []],
])("a line with %s is found", (_, line, keys) => {
  expect(leaksOf(["harmless", line], keys)).toEqual([line]);
});

it("the keys of a test file are known, however they were given", () => {
  const key = "a-key-of-this-test-file";
  createSecretKey(key, "utf8");
  const { emissions } = globalThis as unknown as { emissions: { keys: Set<string> } };
  expect(emissions.keys.has(key)).toBe(true);
});
