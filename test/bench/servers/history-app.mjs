// An app server that keeps what is sent, or does not; nothing else runs in this process.
import { once } from "node:events";
import { createServer } from "node:http";
import express from "express";
import { directCallsOf } from "../support/direct-calls.mjs";
import { options, serveCalls } from "../support/serve-calls.mjs";

const { memoryHistory, resilientPubSub } = await import("../dist/index.mjs");
const { redisHistory } = await import("../dist/stores/redis.mjs");

const stores = {
  memory: () => memoryHistory(),
  redis: () => redisHistory({ url: options.redisUrl }),
};
const store = stores[options.way]?.();
const group = "news";

const pubsub = resilientPubSub({
  hub: "bench",
  endpoints: options.endpoints,
  negotiate: { authenticate: ({ query }) => ({ userId: query.user, groups: [group] }) },
  // A machine that is busy with the load as well must not be taken for a store that is away.
  ...(store && { history: { store, appendTimeoutInMs: 2000 } }),
});
await pubsub.ready();
const app = express().use(pubsub);
const server = createServer(app);
server.listen(0, "127.0.0.1");
await once(server, "listening");

serveCalls({
  info: () => ({ endpoint: `http://127.0.0.1:${server.address().port}` }),

  fire: directCallsOf(app, pubsub),

  /** Sends messages to all and to the group. */
  async send({ count, bytes }) {
    for (let sent = 0; sent < count; sent++) {
      const message = { text: "x".repeat(bytes) };
      await Promise.all([pubsub.broadcast(message), pubsub.group(group).sendToAll(message)]);
    }
  },
});
