import type { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";

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

const CLOCK_SKEW_IN_SECONDS = 300;
// Claims are passed on as text, and writing it overflows the stack on what parsing takes.
const maxDepth = 100;

const PROBLEMS: Readonly<Record<string, string>> = {
  "invalid algorithm": "The algorithm is not HS256",
  "invalid signature": "The signature is invalid",
  "invalid exp value": "The token has no expiration",
  "jwt expired": "The token has expired",
  "jwt not active": "The token is not yet valid",
};

/** Checks an HS256 token; `aud` and `exp` must be there, `nbf` counts when it is. */
export function verifyToken(token: string, rules: TokenRules): TokenCheck {
  let check = refuse("The signature is invalid");
  for (const key of rules.keys) {
    check = verifyWith(key, token, rules);
    if (check.ok || check.problem !== PROBLEMS["invalid signature"]) break;
  }
  return check;
}

/** Checks all but the signature, whatever its algorithm. */
export function inspectToken(token: string, rules: ClaimRules): TokenCheck {
  const claims = decode(token);
  if (!claims) return refuse("The token is malformed");
  const { exp, nbf } = claims;
  if (typeof exp !== "number") return refuse("The token has no expiration");
  if (exp + CLOCK_SKEW_IN_SECONDS <= rules.nowInSeconds) return refuse("The token has expired");
  if (nbf !== undefined && typeof nbf !== "number") return refuse("The token is malformed");
  if (nbf !== undefined && nbf - CLOCK_SKEW_IN_SECONDS > rules.nowInSeconds) {
    return refuse("The token is not yet valid");
  }
  return checkAudience(claims, rules);
}

export interface Signing {
  readonly key: KeyObject;
  readonly keyId: string;
}

export const signToken = (claims: Claims, { key, keyId }: Signing): string =>
  jwt.sign({ ...claims }, key, { algorithm: "HS256", keyid: keyId });

function verifyWith(key: KeyObject, token: string, rules: TokenRules): TokenCheck {
  try {
    const claims: unknown = jwt.verify(token, key, {
      algorithms: ["HS256"],
      clockTimestamp: rules.nowInSeconds,
      clockTolerance: CLOCK_SKEW_IN_SECONDS,
    });
    if (!isObject(claims) || isDeeper(claims, maxDepth)) return refuse("The token is malformed");
    return claims.exp === undefined
      ? refuse("The token has no expiration")
      : checkAudience(claims, rules);
  } catch (error) {
    return refuse(PROBLEMS[(error as Error).message] ?? "The token is malformed");
  }
}

function checkAudience(claims: Claims, { acceptsAudience }: ClaimRules): TokenCheck {
  const audiences: unknown[] = Array.isArray(claims.aud) ? claims.aud : [claims.aud];
  return audiences.some((audience) => typeof audience === "string" && acceptsAudience(audience))
    ? { ok: true, claims }
    : refuse("The audience is invalid");
}

function decode(token: string): Claims | undefined {
  try {
    const claims: unknown = jwt.decode(token);
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const refuse = (problem: string): TokenCheck => ({ ok: false, problem });
