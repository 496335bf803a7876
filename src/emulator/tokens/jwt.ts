import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import { type CompactToken, readCompactToken, writeCompactToken } from "./compact-token.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** `problem` is fit for a `WWW-Authenticate` header: it says what is wrong, never with what. */
export type TokenCheck = { ok: true; claims: Claims } | { ok: false; problem: string };

export interface ClaimRules {
  readonly acceptsAudience: (audience: string) => boolean;
  readonly nowInSeconds: number;
}

export interface TokenRules extends ClaimRules {
  /** A token signed by any of these is good; the likeliest is best put first. */
  readonly keys: readonly KeyObject[];
}

const ALGORITHM = "HS256";
const CLOCK_SKEW_IN_SECONDS = 300;
// Claims are passed on as text, and writing it overflows the stack on what parsing takes.
const maxDepth = 100;

/** Checks an HS256 token; `aud` and `exp` must be there, `nbf` counts when it is. */
export function verifyToken(text: string, rules: TokenRules): TokenCheck {
  const token = readCompactToken(text);
  if (!token || !isPresent(token.header)) return refuse("The token is malformed");
  if (token.header.alg !== ALGORITHM) return refuse(`The algorithm is not ${ALGORITHM}`);
  return rules.keys.some((key) => isSignedWith(key, token))
    ? checkClaims(token.claims, rules)
    : refuse("The signature is invalid");
}

/** Checks all but the signature, whatever its algorithm. */
export function inspectToken(text: string, rules: ClaimRules): TokenCheck {
  const token = readCompactToken(text);
  return token ? checkClaims(token.claims, rules) : refuse("The token is malformed");
}

export interface Signing {
  readonly key: KeyObject;
  readonly keyId: string;
}

export const signToken = (claims: Claims, { key, keyId }: Signing): string =>
  writeCompactToken({ alg: ALGORITHM, typ: "JWT", kid: keyId }, claims, (signed) =>
    signatureOf(signed, key),
  );

const signatureOf = (signed: string, key: KeyObject): string =>
  createHmac("sha256", key).update(signed).digest("base64url");

function isSignedWith(key: KeyObject, { signed, signature }: CompactToken): boolean {
  const [expected, given] = [Buffer.from(signatureOf(signed, key)), Buffer.from(signature)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function checkClaims(claims: unknown, rules: ClaimRules): TokenCheck {
  if (!isObject(claims) || isDeeper(claims, maxDepth)) return refuse("The token is malformed");
  const { exp, nbf } = claims;
  if (nbf !== undefined && typeof nbf !== "number") return refuse("The token is malformed");
  if (typeof exp !== "number") return refuse("The token has no expiration");
  if (exp + CLOCK_SKEW_IN_SECONDS <= rules.nowInSeconds) return refuse("The token has expired");
  if (nbf !== undefined && nbf - CLOCK_SKEW_IN_SECONDS > rules.nowInSeconds) {
    return refuse("The token is not yet valid");
  }
  return checkAudience(claims, rules);
}

function checkAudience(claims: Claims, { acceptsAudience }: ClaimRules): TokenCheck {
  const audiences: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return audiences.some((audience) => typeof audience === "string" && acceptsAudience(audience))
    ? { ok: true, claims }
    : refuse("The audience is invalid");
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isPresent = (header: unknown): header is { readonly alg?: unknown } =>
  header !== null && header !== undefined;

const refuse = (problem: string): TokenCheck => ({ ok: false, problem });
