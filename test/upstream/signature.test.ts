import { createSecretKey } from "node:crypto";
import { isSignedBy, readDigests } from "../../src/upstream/signature.ts";
import { digest } from "../support/upstream-request.ts";

const keys = ["one", "two"].map((key) => createSecretKey(Buffer.from(key)));
const good = `sha256=${digest("two", "id")}`;
const bad = `sha256=${"0".repeat(64)}`;

it.each<[string, string, boolean]>([
  ["either key", good, true],
  ["the second digest", `${bad},${good}`, true],
  ["a digest in capitals", good.toUpperCase().replace("SHA", "sha"), true],
  ["a digest after white space", `${bad}, ${good}`, true],
  ["nothing", "", false],
  ["another key", `sha256=${digest("three", "id")}`, false],
  ["another connection", `sha256=${digest("one", "other")}`, false],
  ["half a digest", good.slice(0, -2), false],
  ["more than a digest", `${good}00`, false],
  ["another algorithm", good.replace("sha256", "sha512"), false],
])("a signature with %s", (_, signature, expected) => {
  expect(isSignedBy(keys, readDigests(signature), "id")).toBe(expected);
});

it.each([
  ["thousands of digests", `${bad},`.repeat(200) + good],
  ["thousands of commas", ",".repeat(16_000) + good],
])("of a signature with %s, the first few are read", (_, signature) => {
  expect(readDigests(signature).length).toBeLessThanOrEqual(8);
  expect(isSignedBy(keys, readDigests(signature), "id")).toBe(false);
});
