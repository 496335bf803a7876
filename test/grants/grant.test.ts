import { createHmac, createSecretKey } from "node:crypto";
import type { Claims } from "../../src/grants/claims.ts";
import { deriveGrantKey, signGrant, verifyGrant } from "../../src/grants/grant.ts";

const NOW = 1_800_000_000;
const keyOf = (secret: string, hub = "chat") =>
  deriveGrantKey(createSecretKey(secret, "utf8"), hub);
const key = keyOf("first");
const grant = signGrant(key, { client: 281_474_976_710_655, expiresAt: NOW + 60 });

const claims: Claims = {
  userId: "ada",
  isAnonymous: false,
  groups: ["news", '\u{1f600} \\ "'],
  roles: ["webpubsub.joinLeaveGroups.chat.*"],
  readableSince: 1_799_999_999_123,
};
const withClaims = signGrant(key, { client: 7, expiresAt: NOW + 60, claims });

/** A grant whose claims are this text, signed by whoever has the key. */
function claiming(text: string, fixed = withClaims.slice(0, 24)): string {
  const signed = fixed + Buffer.from(text).toString("base64url");
  const signature = createHmac("sha256", key.key).update(signed).digest("base64url");
  return signed + signature.slice(0, 24);
}

/** The grant with one byte changed. */
function changedAt(index: number, text = grant): string {
  const bytes = Buffer.from(text, "base64url");
  bytes[index] = (bytes[index] ?? 0) ^ 1;
  return bytes.toString("base64url");
}

/** The grant with claims, said to be of another format. */
function changedTo(format: number): string {
  const bytes = Buffer.from(withClaims, "base64url");
  bytes[0] = format;
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

  it.each<[string, Partial<Claims>]>([
    ["groups and roles", {}],
    ["neither", { groups: [], roles: [] }],
    ["a user that negotiate has made up", { isAnonymous: true }],
  ])("with claims of %s", (_, difference) => {
    const told = { ...claims, ...difference };
    const text = signGrant(key, { client: 7, expiresAt: NOW + 60, claims: told });
    expect(verifyGrant(text, [key], NOW)).toEqual({
      client: 7,
      expiresAt: NOW + 60,
      claims: told,
    });
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

describe("a grant with claims is refused", () => {
  const bare = '{"u":"ada","f":1}';

  it("but for what is written as negotiate would", () => {
    expect(verifyGrant(claiming(bare), [key], NOW)?.claims).toMatchObject({ userId: "ada" });
  });

  it.each<[string, string]>([
    ["without claims", withClaims.slice(0, 24) + withClaims.slice(-24)],
    ["with those cut off", withClaims.slice(0, -28) + withClaims.slice(-24)],
    ["with more behind them", `${withClaims.slice(0, -24)}AAAA${withClaims.slice(-24)}`],
    ["that claims to have none", changedTo(1)],
    ["of a format to come", changedTo(3)],
    ["that is signed as one without claims", claiming(bare, grant.slice(0, 24))],
    ["with claims that are no JSON", claiming("{")],
    ["with a list of claims", claiming("[]")],
    ["with no claims but null", claiming("null")],
    ["without a user", claiming('{"f":1}')],
    ["with an empty user", claiming('{"u":"","f":1}')],
    ["with a number for a user", claiming('{"u":7,"f":1}')],
    ["without a time", claiming('{"u":"ada"}')],
    ["with a time before all", claiming('{"u":"ada","f":-1}')],
    ["with a time that is none", claiming('{"u":"ada","f":"now"}')],
    ["with a time between two milliseconds", claiming('{"u":"ada","f":1.5}')],
    ["with a group for groups", claiming('{"u":"ada","f":1,"g":"news"}')],
    ["with a role that is no text", claiming('{"u":"ada","f":1,"r":[null]}')],
    ["with a claim that nobody knows", claiming('{"u":"ada","f":1,"admin":true}')],
    ["when it is huge", claiming(JSON.stringify({ u: "a".repeat(12_000), f: 1 }))],
  ])("%s", (_, text) => {
    expect(verifyGrant(text, [key], NOW)).toBeUndefined();
  });

  it("with any of its bytes changed", () => {
    const length = Buffer.from(withClaims, "base64url").length;
    const good = Array.from({ length }, (_, index) =>
      verifyGrant(changedAt(index, withClaims), [key], NOW),
    );
    expect(good).toEqual(Array(length).fill(undefined));
  });
});

it("it is as long as the contract says, and does not hold the secret", () => {
  expect(grant).toMatch(/^[\w-]{48}$/);
  expect(Buffer.from(grant, "base64url").includes("first")).toBe(false);
});
