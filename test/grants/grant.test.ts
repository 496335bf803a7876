import { createSecretKey } from "node:crypto";
import { deriveGrantKey, signGrant, verifyGrant } from "../../src/grants/grant.ts";

const NOW = 1_800_000_000;
const keyOf = (secret: string, hub = "chat") =>
  deriveGrantKey(createSecretKey(secret, "utf8"), hub);
const key = keyOf("first");
const grant = signGrant(key, { client: 281_474_976_710_655, expiresAt: NOW + 60 });

/** The grant with one byte changed. */
function changedAt(index: number): string {
  const bytes = Buffer.from(grant, "base64url");
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString("base64url");
}

const secondsLater = (text: string, expiresAt: number): string => {
  const bytes = Buffer.from(text, "base64url");
  bytes.writeUInt32BE(expiresAt, 8);
  return bytes.toString("base64url");
};

describe("a grant is good", () => {
  it("for the key that has signed it, until it expires", () => {
    expect(verifyGrant(grant, [key], NOW)).toEqual({
      client: 281_474_976_710_655,
      expiresAt: NOW + 60,
    });
    expect(verifyGrant(grant, [key], NOW + 59.9)).toBeDefined();
  });

  it("for a server that knows the key among others", () => {
    expect(verifyGrant(grant, [keyOf("other"), keyOf("first")], NOW)).toBeDefined();
  });

  it("whatever the spelling of the hub", () => {
    expect(verifyGrant(grant, [keyOf("first", "CHAT")], NOW)).toBeDefined();
  });
});

describe("it is refused", () => {
  it.each<[string, string]>([
    ["with another last character", grant.slice(0, -1) + (grant.endsWith("A") ? "B" : "A")],
    ["without its last character", grant.slice(0, -1)],
    ["with one more", `${grant}A`],
    ["with padding", `${grant}=`],
    ["with white space", `${grant}\n`],
    ["in another alphabet", `${grant.slice(0, -2)}+/`],
    ["twice", grant + grant],
    ["when it is empty", ""],
    ["when it is huge", "A".repeat(1_000_000)],
    ["when it is all zeros", "A".repeat(48)],
    ["with a later expiry", secondsLater(grant, NOW + 3600)],
  ])("%s", (_, text) => {
    expect(verifyGrant(text, [key], NOW)).toBeUndefined();
  });

  it("with any of its bytes changed", () => {
    const good = Array.from({ length: 36 }, (_, index) =>
      verifyGrant(changedAt(index), [key], NOW),
    );
    expect(good).toEqual(Array(36).fill(undefined));
  });

  it.each<[string, ReturnType<typeof keyOf>[], number]>([
    ["by another key", [keyOf("second")], NOW],
    ["by the key of another hub", [keyOf("first", "news")], NOW],
    ["by nobody's key", [], NOW],
    ["by a key that claims its id", [{ ...keyOf("second"), id: key.id }], NOW],
    ["when it has expired", [key], NOW + 60],
  ])("%s", (_, keys, now) => {
    expect(verifyGrant(grant, keys, now)).toBeUndefined();
  });
});

it("it is as long as the contract says, and does not hold the secret", () => {
  expect(grant).toMatch(/^[\w-]{48}$/);
  expect(Buffer.from(grant, "base64url").includes("first")).toBe(false);
});
