import { isGroupName, isUserId } from "../contract/names.ts";
import type { Claims } from "../tokens/jwt.ts";

/** Who a client is and what it gets, by its token. */
export interface Identity {
  readonly userId: string | null;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
}

// One for all: most connections keep two of them.
const NONE: readonly string[] = [];

export const ANONYMOUS: Identity = { userId: null, roles: NONE, groups: NONE };

/** Undefined when a claim has a value that no connection could have. */
export function readIdentity(claims: Claims): Identity | undefined {
  const { sub } = claims;
  const [userId = null] = textsOf(sub === "" ? undefined : sub);
  const groups = textsOf(claims["webpubsub.group"]);
  const isUsable = (userId === null || isUserId(userId)) && groups.every(isGroupName);
  return isUsable ? { userId, roles: textsOf(claims.role), groups } : undefined;
}

/** The claims as app servers are told: every value a list of texts. */
export const describeClaims = (claims: Claims): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, textsOf(value)]));

function textsOf(value: unknown): readonly string[] {
  if (value === undefined || value === null) return NONE;
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one)));
}
