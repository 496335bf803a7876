import {
  type StoreFailure,
  type StoreKind,
  storeCause,
  storeError,
  TRIED_AGAIN,
} from "../store-error.ts";

type Rule = readonly [pattern: RegExp, code: StoreFailure["code"], remedy: string];

const CREDENTIAL = "check the user and the password";
const CLUSTER = "it is a cluster: give client: createCluster()";
/** What an app's own client cannot help by itself; the store's own is dialled anew in any case. */
const REPLICA = `${TRIED_AGAIN}; a client of your own has to connect anew, unless the store connects by url`;

/** Answers of one that is not the primary of these keys, or not yet: another one may be by now. */
const WRONG_PEER = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|ASK|TRYAGAIN|NOREPLICAS)\b/;

/** What redis answers begins with the name of the error. The first that fits counts. */
const ANSWERS: readonly Rule[] = [
  [/^WRONGTYPE/, "ERR_STORE_UNREADABLE", "delete the key, or give another prefix"],
  [/^UNREADABLE/, "ERR_STORE_UNREADABLE", "delete the key, or give another prefix"],
  [/^(NOAUTH|WRONGPASS|ERR AUTH|ERR Client sent AUTH)/i, "ERR_STORE_REFUSED", CREDENTIAL],
  [/^NOPERM.* INFO/, "ERR_STORE_REFUSED", "allow the user +info"],
  [
    /^ACTIVEACTIVE/,
    "ERR_STORE_REFUSED",
    "a history needs one primary, which hands out the offsets: give a database that is active in one region (a passive replica may be elsewhere)",
  ],
  [/^(MOVED|ASK|CROSSSLOT) /, "ERR_STORE_REFUSED", CLUSTER],
  [/^READONLY/, "ERR_STORE_UNAVAILABLE", REPLICA],
  [/^OOM/, "ERR_STORE_UNAVAILABLE", "give redis more memory, or let it evict other keys"],
  [
    /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS|MISCONF|ERR max number of clients)/,
    "ERR_STORE_UNAVAILABLE",
    TRIED_AGAIN,
  ],
  [/unknown command/i, "ERR_STORE_REFUSED", "the store needs redis 6 or later, with Lua scripts"],
];

/** Of a client that knows no digests. */
export class UnknownScript extends Error {}

/** Why there is no connection, by what the platform says. The first that fits counts. */
const CONNECT_REMEDIES: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/client is closed/i, "call connect() of the client before the plugin needs it"],
  [
    /certificate/i,
    "let this process trust the certificate (NODE_EXTRA_CA_CERTS), or give a client that does",
  ],
  [
    /wrong version number|packet length too long/i,
    "does that port speak TLS? redis:// goes without",
  ],
  [/no sentinel names/i, "are the sentinels up, and do they call the primary by that name?"],
];
const UNREACHABLE_REMEDY = "is redis up, and can this server reach it?";

/** In redis 6 a script wraps the answer of the command that has failed. */
const WRAPPED = /^ERR Error (?:running|compiling) script .*?: -?([A-Z]{3,} .*)$/;

/** Another copy of redis, or the same after a flush of its scripts. */
const UNKNOWN_SCRIPT = /^NOSCRIPT\b/;

const DEFAULT_REMEDY = "look the error up in the documentation of redis";

/**
 * The error to throw for one of the client's.
 *
 * @param commands Which ones the user needs.
 */
export function redisError(
  description: string,
  error: unknown,
  secrets: readonly string[],
  commands: string,
  kind: StoreKind,
): Error {
  const cause = storeCause(error, secrets);
  const failure = failureOf(error, unwrapped(cause.message), commands);
  return storeError(description, { ...failure, kind }, cause);
}

export function isUnknownScript(error: unknown): boolean {
  if (error instanceof UnknownScript) return true;
  return error instanceof Error && isReply(error) && UNKNOWN_SCRIPT.test(error.message);
}

/** Whether it is worth while to dial anew: whoever has answered is not, or not yet, the right one. */
export function isWrongPeer(error: unknown): boolean {
  return error instanceof Error && isReply(error) && WRONG_PEER.test(unwrapped(error.message));
}

function unwrapped(message: string): string {
  return WRAPPED.exec(message)?.[1] ?? message;
}

function failureOf(error: unknown, message: string, commands: string): StoreFailure {
  const rule = ANSWERS.find(([pattern]) => pattern.test(message));
  if (rule) {
    const [, code, remedy] = rule;
    return { code, what: `has answered ${message}`, remedy };
  }
  if (/^NOPERM/.test(message)) {
    const remedy = `allow the user ${commands}, on these keys`;
    return { code: "ERR_STORE_REFUSED", what: `has answered ${message}`, remedy };
  }
  if (isReply(error)) {
    return { code: "ERR_STORE_REFUSED", what: `has answered ${message}`, remedy: DEFAULT_REMEDY };
  }
  const [, remedy = UNREACHABLE_REMEDY] =
    CONNECT_REMEDIES.find(([pattern]) => pattern.test(message)) ?? [];
  return { code: "ERR_STORE_UNAVAILABLE", what: `cannot be reached (${message})`, remedy };
}

/** By names, for the app may have a copy of the library of its own. */
function isReply(error: unknown): boolean {
  const names = ["SimpleError", "BlobError", "ErrorReply"];
  return error instanceof Error && names.includes(error.constructor.name);
}
