// What compose.yaml runs: an app server with two endpoints, and a history in redis.
import express from "express";
import { endpointsFromEnv, resilientPubSub } from "express-resilient-pubsub";
import { redisHistory } from "express-resilient-pubsub/stores/redis";

const { env } = process;
const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv().map((endpoint) => ({
    ...endpoint,
    clientEndpoint: env[`CLIENT_ENDPOINT__${endpoint.name.toUpperCase()}`],
  })),
  service: { allowInsecure: true }, // http between containers
  negotiate: { allowAnonymous: true },
  upstream: {
    handleUserEvent: async (req, res) => {
      await pubsub.broadcast({ said: req.data });
      res.success();
    },
  },
  history: { store: redisHistory({ url: env.REDIS_URL }) },
});

const server = express().use(pubsub).listen(env.PORT);
process.once("SIGTERM", async () => {
  server.close();
  await pubsub.close();
  server.closeAllConnections();
});
