import { isRedisInstalled, REDIS_OR_ITS_ABSENCE } from "../../support/redis-server.ts";
import { expectMovesAndStays } from "./short-drill.ts";

const withRedis = isRedisInstalled ? it : it.skip;

describe("three app servers in processes of their own that agree over redis", () => {
  withRedis(
    `move all clients together when the active endpoint dies: ${REDIS_OR_ITS_ABSENCE}`,
    async () => {
      await expectMovesAndStays("redis");
    },
    90_000,
  );
});
