import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

export type Claims = Readonly<Record<string, unknown>>;

/** `problem` is fit for a `WWW-Authenticate` header: it says what is wrong, never with what. */
export type TokenCheck = { ok: true; claims: Claims } | { ok: false; problem: string };

export interface TokenRules {
  /** A token signed by any of these is good. */
  readonly keys: readonly KeyObject[];
  readonly acceptsAudience: (audience: string) => boolean;
  readonly nowInSeconds: number;
}

const clockSkewInSeconds = 300;

/** Checks an HS256 token; `aud` and `exp` must be there, `nbf` counts when it is. */
export function verifyToken(token: string, rules: TokenRules): TokenCheck {
  const [head, body, signature, ...rest] = token.split(".");
  if (!head || !body || !signature || rest.length > 0) return refuse("The token is malformed");
  const header = decodeObject(head);
  const claims = decodeObject(body);
  if (!header || !claims) return refuse("The token is malformed");
  if (header.alg !== "HS256") return refuse("The algorithm is not HS256");
  if (!isSignedByAny(rules.keys, `${head}.${body}`, signature)) {
    return refuse("The signature is invalid");
  }
  const problem = problemOfClaims(claims, rules);
  return problem ? refuse(problem) : { ok: true, claims };
}

function problemOfClaims(claims: Claims, rules: TokenRules): string | undefined {
  const { aud, exp, nbf } = claims;
  if (typeof exp !== "number") return "The token has no expiration";
  if (exp + clockSkewInSeconds <= rules.nowInSeconds) return "The token has expired";
  if (nbf !== undefined) {
    if (typeof nbf !== "number") return "The token is malformed";
    if (nbf - clockSkewInSeconds > rules.nowInSeconds) return "The token is not yet valid";
  }
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  const accepted = audiences.some((one) => typeof one === "string" && rules.acceptsAudience(one));
  return accepted ? undefined : "The audience is invalid";
}

function isSignedByAny(keys: readonly KeyObject[], signed: string, signature: string): boolean {
  const given = Buffer.from(signature, "base64url");
  return keys.some((key) => {
    const expected = createHmac("sha256", key).update(signed).digest();
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function decodeObject(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

const refuse = (problem: string): TokenCheck => ({ ok: false, problem });
