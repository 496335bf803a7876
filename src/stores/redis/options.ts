import { describeValue } from "../../kit/describe-value.ts";
import { OptionCheck } from "../store-options.ts";

/** What the store needs of a client of the `redis` package, be it of one server or of a cluster. */
export interface RedisClientLike {
  eval(script: string, options?: { keys?: string[]; arguments?: string[] }): Promise<unknown>;
}

/** How to reach redis: `url` or `client`. */
export type RedisStoreOptions = {
  /**
   * Begins the names of the keys, for several apps in one redis.
   *
   * @default "resilient-pubsub"
   */
  readonly prefix?: string;
} & (
  | {
      /** Such as `rediss://user:password@host:6380/0`. The store connects and closes by itself. */
      readonly url: string;
      readonly client?: undefined;
    }
  | {
      /** A client of the app's own, from `createClient()` or `createCluster()`; it stays the app's to close. */
      readonly client: RedisClientLike;
      readonly url?: undefined;
    }
);

const DEFAULT_PREFIX = "resilient-pubsub";

/** @throws InvalidOptionsError */
export function parseRedisOptions(
  options: RedisStoreOptions,
): RedisStoreOptions & { readonly prefix: string } {
  const check = new OptionCheck("redisStore", options, ["url", "client", "prefix"]);
  const { url, client, prefix = DEFAULT_PREFIX } = check.options;
  if (check.isGiven("url") === check.isGiven("client")) {
    const problem = check.isGiven("url") ? "is given beside client" : "is missing, as is client";
    const advice = check.isGiven("url") ? "" : " (is its environment variable set?)";
    check.problem("url", `${problem}${advice}; give one of the two`);
  }
  if (check.isGiven("url") && !isRedisUrl(url)) {
    check.problem("url", `${describeUrl(url)}; give a URL such as "rediss://host:6380/0"`);
  }
  if (check.isGiven("client") && typeof (client as RedisClientLike | null)?.eval !== "function") {
    check.wrong("client", "give a client of the redis package, from createClient()");
  }
  // In a cluster the name of the hub between braces says where its keys are.
  if (typeof prefix !== "string" || !/^[^{}\s]+$/.test(prefix)) {
    check.wrong("prefix", "give a text without spaces and braces");
  }
  check.end();
  return { ...options, prefix: String(prefix) };
}

/** The passwords of a URL in every form in which redis may repeat them. */
export function secretsOf(url: string): string[] {
  const { password } = new URL(url);
  return [password, decodeURIComponent(password)];
}

function isRedisUrl(url: unknown): boolean {
  if (!/^rediss?:\/\/[^/]/.test(String(url)) || !URL.canParse(String(url))) return false;
  const { hostname, pathname, username, password } = new URL(String(url));
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return hostname !== "" && /^\/?\d*$/.test(pathname);
}

/** Passwords may stand anywhere in what is not quite a URL. */
function describeUrl(url: unknown): string {
  return typeof url === "string" ? "cannot be used" : `got ${describeValue(url)}`;
}
