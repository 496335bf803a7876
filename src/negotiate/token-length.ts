import type { Identity } from "../contract/options.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { maxClientUrlLength } from "../kit/service-limits.ts";

/**
 * Finds out before a client does that it could not connect.
 *
 * @param url The URL that it is to connect to, with the token.
 * @throws ResilientPubSubError `ERR_TOKEN_TOO_LONG`
 */
export function checkUrlLength(url: string, identity: Identity): void {
  if (url.length > maxClientUrlLength) throw tooLong(url.length, identity);
}

/**
 * The same before the service is asked for a token, which it would have to be by a URL as long, and
 * whose refusal would look like a failure of it.
 *
 * @throws ResilientPubSubError `ERR_TOKEN_TOO_LONG`
 */
export function checkIdentityLength(identity: Identity): void {
  const { userId = "", roles = [], groups = [] } = identity;
  const claims = Buffer.byteLength(JSON.stringify([userId, roles, groups]));
  const query = new URLSearchParams(
    [userId, ...roles, ...groups].map((value): [string, string] => ["role", value]),
  );
  const length = Math.max(Math.ceil((claims * 4) / 3), query.toString().length);
  if (length > maxClientUrlLength) throw tooLong(length, identity);
}

function tooLong(length: number, { roles = [], groups = [] }: Identity): ResilientPubSubError {
  return new ResilientPubSubError(
    "ERR_TOKEN_TOO_LONG",
    `The client's URL would have ${length} characters, because of ${roles.length} roles and ${groups.length} groups in its token, and it can connect with ${maxClientUrlLength} at most; give it fewer, and let upstream.handleConnect give the rest: res.success({ roles, groups })`,
  );
}

/** Whether an error says that a token is too long. */
export function isTokenTooLong(error: unknown): boolean {
  return error instanceof ResilientPubSubError && error.code === "ERR_TOKEN_TOO_LONG";
}
