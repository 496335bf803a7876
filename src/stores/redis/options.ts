import { z } from "zod";
import { describeValue } from "../../kit/describe-value.ts";
import { section } from "../../kit/option-schema.ts";
import { parseStoreOptions } from "../parse-store-options.ts";
import { parseTarget, type RedisTarget, urlProblem } from "./target.ts";

/**
 * What the store needs of a client of the `redis` package, from `createClient()`, `createSentinel()`
 * or `createCluster()`.
 */
export interface RedisClientLike {
  /** Whether it may be used at all; a store gives no command to one that is closed. */
  readonly isOpen?: boolean | undefined;
  /** Whether it is connected; a store gives no command to one that would only keep it. */
  readonly isReady?: boolean | undefined;
  /** Runs a Lua script. */
  eval(
    script: string,
    options?: { keys?: string[] | undefined; arguments?: string[] | undefined },
  ): Promise<unknown>;
  /** Runs a Lua script by its digest; without it, its text travels with each call. */
  evalSha?:
    | ((
        digest: string,
        options?: { keys?: string[] | undefined; arguments?: string[] | undefined },
      ) => Promise<unknown>)
    | undefined;
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
      /**
       * Such as `rediss://user:password@host:6380/0`, or, where sentinels know the primary,
       * `redis+sentinel://user:password@host1:26379,host2:26379/mymaster`. The store connects,
       * reconnects and closes by itself. A cluster needs a `client`.
       */
      readonly url: string;
      /** Not beside `url`. */
      readonly client?: undefined;
    }
  | {
      /**
       * A client of the app's own, from `createClient()`, `createSentinel()` or `createCluster()`; it
       * stays the app's to connect and to close.
       */
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
export type ParsedRedisOptions = { readonly prefix: string } & (
  | { readonly client: RedisClientLike }
  | { readonly client?: undefined; readonly target: RedisTarget }
);

/** @throws InvalidOptionsError */
export function parseRedisOptions(options: RedisStoreOptions, factory: string): ParsedRedisOptions {
  const rules = { factory, schema, accessProblems };
  const { prefix, client, url } = parseStoreOptions(rules, options);
  if (client) return { prefix, client };
  return { prefix, target: parseTarget(String(url)) as RedisTarget };
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
  const messages = { url: problemOfUrl(url), client: foreignClientProblem(client) };
  for (const [name, message] of Object.entries(messages)) {
    if (message !== undefined) problems.push([name, message]);
  }
  return problems;
}

function problemOfUrl(url: unknown): string | undefined {
  if (url === undefined) return undefined;
  return typeof url === "string" ? urlProblem(url) : `got ${describeValue(url)}; give a URL`;
}

/** Libraries whose `eval` takes other arguments, or gives no promise. By what only they have. */
function foreignClientProblem(client: unknown): string | undefined {
  if (typeof client !== "object" || client === null) return undefined;
  const remedy = "give a client of the redis package, from createClient(), or url";
  if ("defineCommand" in client) return `is a client of ioredis; ${remedy}`;
  if ("internal_send_command" in client) return `is a client of redis 3 or older; ${remedy}`;
  return undefined;
}
