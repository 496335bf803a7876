import { randomUUID } from "node:crypto";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { type RedisServer, startRedis } from "../../../demo-app/processes/redis-server.ts";
import type { HistoryLimits, HistoryStore } from "../../../src/contract/history-store.ts";
import { memoryHistory } from "../../../src/stores/memory-history/memory-history.ts";
import { closeAfterFile } from "../../support/clean-up.ts";
import { isRedisInstalled } from "../../support/is-redis-installed.ts";

/** Something for histories to keep their things in. */
export interface HistoryBackend {
  readonly name: string;
  readonly isAbsent: boolean;
  /** To be called once in the file. */
  start(): Promise<void>;
  /** A function that makes stores which see each other, but not those of other tests. */
  makeStores(): () => HistoryStore;
}

export const memoryBackend: HistoryBackend = {
  name: "memory",
  isAbsent: false,
  start: async () => {},
  makeStores() {
    const store = memoryHistory();
    return () => store;
  },
};

export function redisBackend(): HistoryBackend {
  let redis: RedisServer | undefined;
  return {
    name: "redis",
    isAbsent: !isRedisInstalled,
    async start() {
      redis = closeAfterFile(await startRedis());
    },
    makeStores() {
      const prefix = randomUUID();
      return () => redisHistory({ url: redis?.url ?? "", prefix });
    },
  };
}

export const roomyLimits: HistoryLimits = {
  maxMessages: 1_000,
  maxBytesPerStream: 1024 * 1024,
  ttlInMs: 60_000,
  maxResends: 3,
};
