import { isRedisInstalled } from "./is-redis-installed.ts";

/** For the titles of what is skipped. */
export const REDIS_OR_ITS_ABSENCE = isRedisInstalled
  ? "redis"
  : "redis (skipped: there is no redis-server on the PATH)";

/** What needs redis, skipped where there is none. */
export const describeWithRedis = isRedisInstalled ? describe : describe.skip;
