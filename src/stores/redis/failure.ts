import { StoreCause, type StoreFailure, storeError, TRIED_AGAIN } from "../store-error.ts";

type Rule = readonly [pattern: RegExp, code: StoreFailure["code"], remedy: string];

const CREDENTIAL = "check the user and the password";

/** What redis answers begins with the name of the error. The first that fits counts. */
const ANSWERS: readonly Rule[] = [
  [/^WRONGTYPE/, "ERR_STORE_UNREADABLE", "delete the key, or give another prefix"],
  [/^UNREADABLE/, "ERR_STORE_UNREADABLE", "delete the key, or give another prefix"],
  [/^(NOAUTH|WRONGPASS|ERR AUTH|ERR Client sent AUTH)/i, "ERR_STORE_REFUSED", CREDENTIAL],
  [/^NOPERM/, "ERR_STORE_REFUSED", "allow the user EVAL and the commands of hashes, on these keys"],
  [/^(MOVED|ASK|CROSSSLOT) /, "ERR_STORE_REFUSED", "it is a cluster: give client: createCluster()"],
  [/^OOM/, "ERR_STORE_UNAVAILABLE", "give redis more memory, or let it evict other keys"],
  [
    /^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|NOREPLICAS|MISCONF|ERR max number of clients)/,
    "ERR_STORE_UNAVAILABLE",
    TRIED_AGAIN,
  ],
  [/unknown command/i, "ERR_STORE_REFUSED", "the store needs redis 6 or later, with Lua scripts"],
];

const DEFAULT_REMEDY = "look the error up in the documentation of redis";

/** The error to throw for one of the client's. */
export function redisError(description: string, error: unknown, secrets: readonly string[]): Error {
  const cause = new StoreCause(error, secrets);
  return storeError(description, failureOf(error, cause.message), cause);
}

function failureOf(error: unknown, message: string): StoreFailure {
  const rule = ANSWERS.find(([pattern]) => pattern.test(message));
  if (rule) {
    const [, code, remedy] = rule;
    return { code, what: `has answered ${message}`, remedy };
  }
  if (isReply(error)) {
    return { code: "ERR_STORE_REFUSED", what: `has answered ${message}`, remedy: DEFAULT_REMEDY };
  }
  return {
    code: "ERR_STORE_UNAVAILABLE",
    what: `cannot be reached (${message})`,
    remedy: /client is closed/i.test(message)
      ? "call connect() of the client before the plugin needs it"
      : "is redis up, and can this server reach it?",
  };
}

/** By names, for the app may have a copy of the library of its own. */
function isReply(error: unknown): boolean {
  const names = ["SimpleError", "BlobError", "ErrorReply"];
  return error instanceof Error && names.includes(error.constructor.name);
}
