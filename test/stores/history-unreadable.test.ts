import { randomUUID } from "node:crypto";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { startRedis } from "../../demo-app/processes/redis-server.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { roomyLimits } from "./support/history-backends.ts";
import { command } from "./support/redis-servers.ts";
import { soon } from "./support/soon.ts";

describeWithRedis(`a history in ${REDIS_OR_ITS_ABSENCE}`, () => {
  it("tells an entry that cannot be read from one that is not there", async () => {
    const redis = closeAfterTest(await startRedis());
    const store = redisHistory({ url: redis.url, prefix: randomUUID() });
    const connection = closeAfterTest(await store.open("chat", roomyLimits, () => {}, soon()));
    const append = (id: string) => ({
      stream: "a",
      known: undefined,
      message: { id, dataType: "text", data: id } as const,
      dueInMs: 60_000,
    });
    const results = await connection.append([append("1"), append("2"), append("3")], soon());
    const epoch = results[0]?.position.epoch ?? "";
    const [key = ""] = (await command(redis, "KEYS", "*:log:a")) as string[];
    await command(redis, "DEL", key);
    await command(redis, "XADD", key, "2-0", "not", "ours");
    await command(redis, "XADD", key, "3-0", "i", "3", "y", "t", "t", "garbage", "d", "x");
    const range = (from: number, to: number) => ({ stream: "a", epoch, from, to });
    const ranges = [range(1, 1), range(2, 2), range(3, 3)];
    expect(await connection.ranges(ranges, soon())).toEqual([undefined, [], []]);
  });

  it("is called a history in what strangers are told of its failures, not coordination", async () => {
    const store = redisHistory({ client: { eval: async () => "no list" } });
    const failing = store.open("chat", roomyLimits, () => {}, soon());
    const error = await failing.catch((failure: unknown) => failure);
    expect(JSON.parse(JSON.stringify(error)).message).toBe(
      "The history store does not do what it is asked",
    );
  });
});
