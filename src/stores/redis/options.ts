import { z } from "zod";
import { describeValue } from "../../kit/describe-value.ts";
import { section } from "../../kit/option-schema.ts";
import { parseStoreOptions } from "../parse-store-options.ts";

/** What the store needs of a client of the `redis` package, be it of one server or of a cluster. */
export interface RedisClientLike {
  /** Runs a Lua script. */
  eval(
    script: string,
    options?: { keys?: string[] | undefined; arguments?: string[] | undefined },
  ): Promise<unknown>;
}

/** How to reach redis: `url` or `client`. */
export type RedisStoreOptions = {
  /**
   * Begins the names of the keys, for several apps in one redis. Without spaces and braces.
   *
   * @default "resilient-pubsub"
   */
  readonly prefix?: string | undefined;
} & (
  | {
      /** Such as `rediss://user:password@host:6380/0`. The store connects, reconnects and closes by itself. */
      readonly url: string;
      /** Not beside `url`. */
      readonly client?: undefined;
    }
  | {
      /** A client of the app's own, from `createClient()` or `createCluster()`; it stays the app's to close. */
      readonly client: RedisClientLike;
      /** Not beside `client`. */
      readonly url?: undefined;
    }
);

const DEFAULT_PREFIX = "resilient-pubsub";
const PREFIX_ERROR = "give a text without spaces and braces";
const CLIENT_ERROR = "give a client of the redis package, from createClient()";

const schema = section({
  url: z.custom<string>(() => true).optional(),
  client: z
    .custom<RedisClientLike>(
      (client) => typeof (client as RedisClientLike | null)?.eval === "function",
      { error: CLIENT_ERROR },
    )
    .optional(),
  // In a cluster the name of the hub between braces says where its keys are.
  prefix: z
    .string({ error: PREFIX_ERROR })
    .regex(/^[^{}\s]+$/, { error: PREFIX_ERROR })
    .default(DEFAULT_PREFIX),
});

/** Options of which `url` or `client` is given. */
type ParsedRedisOptions = RedisStoreOptions & { readonly prefix: string };

/** @throws InvalidOptionsError */
export function parseRedisOptions(options: RedisStoreOptions): ParsedRedisOptions {
  const rules = { factory: "redisStore", schema, accessProblems };
  return parseStoreOptions(rules, options) as ParsedRedisOptions;
}

function accessProblems({ url, client }: Record<string, unknown>): [string, string][] {
  const problems: [string, string][] = [];
  if (url === undefined && client === undefined) {
    const advice = "is its environment variable set?";
    problems.push(["url", `is missing, as is client (${advice}); give one of the two`]);
  }
  if (url !== undefined && client !== undefined) {
    problems.push(["url", "is given beside client; give one of the two"]);
  }
  if (url !== undefined && !isRedisUrl(url)) {
    problems.push(["url", `${describeUrl(url)}; give a URL such as "rediss://host:6380/0"`]);
  }
  return problems;
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
