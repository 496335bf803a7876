import { randomUUID } from "node:crypto";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import { startRedis } from "../../demo-app/processes/redis-server.ts";
import type { HistoryConnection } from "../../src/contract/history-store.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { roomyLimits } from "./support/history-backends.ts";
import { soon } from "./support/soon.ts";

interface ScriptOptions {
  keys?: string[];
  arguments?: string[];
}

async function startServer() {
  const { url } = closeAfterTest(await startRedis());
  const client = await createClient({ url }).connect();
  closeAfterTest({ close: () => client.destroy() });
  return client;
}

/** One connection, which something on the way leads to one server or the other, and nobody is told. */
async function startWorld() {
  const [primary, zombie] = [await startServer(), await startServer()];
  let server = primary;
  const prefix = randomUUID();
  const client = {
    eval: (script: string, options: ScriptOptions) => server.eval(script, options),
    evalSha: (digest: string, options?: ScriptOptions) => server.evalSha(digest, options),
  };
  const open = async (by: typeof client) => {
    const store = redisHistory({ client: by, prefix });
    return closeAfterTest(await store.open("chat", roomyLimits, () => {}, soon()));
  };
  const leadTo = (next: typeof server): void => {
    server = next;
  };
  return { primary, zombie, leadTo, switched: await open(client), other: await open(primary) };
}

const append = async (connection: HistoryConnection, id: string) => {
  const message = { id, dataType: "text", data: id } as const;
  const one = { stream: "a", known: undefined, message, dueInMs: 60_000 };
  const [result] = await connection.append([one], soon());
  return result?.position;
};

const topOf = async (connection: HistoryConnection) =>
  (await connection.tops([{ stream: "a", known: undefined }], soon()))[0];

describeWithRedis(`a connection to ${REDIS_OR_ITS_ABSENCE} that is led elsewhere unawares`, () => {
  it("ends the epochs where it arrives, although its data were written there", async () => {
    const { zombie, primary, leadTo, switched, other } = await startWorld();
    const first = await append(switched, "1");
    leadTo(zombie);
    await append(switched, "of the zombie");
    leadTo(primary);
    const second = await append(switched, "2");
    expect(second).toEqual({ epoch: expect.not.stringContaining(first?.epoch ?? ""), offset: 1 });
    expect(await topOf(other)).toEqual(second);
  });

  it.each<[string, (connection: HistoryConnection) => Promise<unknown>]>([
    ["reads where streams end", topOf],
    [
      "reads messages",
      (connection) => connection.ranges([{ stream: "a", epoch: "x", from: 1, to: 1 }], soon()),
    ],
    [
      "claims what is to be done",
      (connection) => connection.claim({ endpoints: [], limit: 1, leaseInMs: 1 }, soon()),
    ],
  ])("does so when it %s, and has all clients look", async (_, call) => {
    const { zombie, primary, leadTo, switched, other } = await startWorld();
    const question = { endpoints: ["east"], limit: 10, leaseInMs: 60_000 };
    for (const task of await other.claim(question, soon())) {
      await other.finish(task, "done", soon());
    }
    const before = await append(other, "1");
    leadTo(zombie);
    await topOf(switched);
    leadTo(primary);
    await call(switched);
    expect((await topOf(other))?.epoch).not.toBe(before?.epoch);
    expect(await other.claim(question, soon())).toMatchObject([
      { endpoint: "east", stream: undefined, offsets: [] },
    ]);
  });

  it("does so once, however many calls are under way", async () => {
    const { zombie, primary, leadTo, switched, other } = await startWorld();
    await topOf(switched);
    leadTo(zombie);
    await topOf(switched);
    leadTo(primary);
    const ids = Array.from({ length: 10 }, (__, index) => String(index));
    const positions = await Promise.all(ids.map((id) => append(switched, id)));
    expect(new Set(positions.map((position) => position?.epoch)).size).toBe(1);
    await append(switched, "last");
    expect(await topOf(other)).toEqual({ epoch: positions[0]?.epoch, offset: 11 });
  });

  it("leaves everything as it is where it stays with its server", async () => {
    const { switched, other } = await startWorld();
    const first = await append(switched, "1");
    await append(other, "2");
    expect(await append(switched, "3")).toEqual({ epoch: first?.epoch, offset: 3 });
  });
});
