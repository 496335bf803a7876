import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { reasonOf, unlessAborted } from "../../kit/deadline.ts";
import { describeValue } from "../../kit/describe-value.ts";
import { isResilientPubSubError } from "../../kit/errors.ts";
import { type StoreKind, storeError } from "../store-error.ts";
import { accessBy, OwnRedisAccess, type RedisAccess } from "./access.ts";
import { dialTo } from "./dial.ts";
import { redisError } from "./failure.ts";
import type { ParsedRedisOptions } from "./options.ts";

/** What the connections of one store have in common. */
export interface Backend {
  readonly access: RedisAccess;
  /** What and where it is, without a secret. */
  readonly description: string;
  readonly secrets: readonly string[];
  /** Which commands its user needs, for whoever has to allow them. */
  readonly commands: string;
  readonly kind: StoreKind;
}

export function backendOf(
  { prefix, ...by }: ParsedRedisOptions,
  commands: string,
  kind: StoreKind,
): Backend {
  if (by.client) {
    const description = `redis, keys "${prefix}:*"`;
    return { access: accessBy(by.client), description, secrets: [], commands, kind };
  }
  const { label, secrets } = by.target;
  const description = `redis at ${label}, keys "${prefix}:*"`;
  return { access: new OwnRedisAccess(dialTo(by.target)), description, secrets, commands, kind };
}

/** @throws ResilientPubSubError `ERR_STORE_UNAVAILABLE`, `ERR_STORE_REFUSED`, `ERR_STORE_UNREADABLE`, or the reason of the signal */
export async function callRedis<T>(
  { access, description, secrets, commands, kind }: Backend,
  signal: AbortSignalLike,
  operation: () => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw reasonOf(signal);
  try {
    return await unlessAborted(signal, operation());
  } catch (error) {
    if (signal.aborted) access.missed();
    if (signal.aborted || isResilientPubSubError(error)) throw error;
    throw redisError(description, error, secrets, commands, kind);
  }
}

/** What a script has answered, where it answers with a list. @throws ResilientPubSubError `ERR_STORE_REFUSED` */
export function listIn({ description, kind }: Backend, reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply;
  throw storeError(description, {
    kind,
    code: "ERR_STORE_REFUSED",
    what: `the client answers eval() with ${describeValue(reply)}, not with a list`,
    remedy: "give a client of the redis package, from createClient()",
  });
}
