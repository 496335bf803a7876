// One web server, written in one of the ways that are compared; nothing else runs in this process.
import { once } from "node:events";
import { createServer } from "node:http";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import express from "express";
import { options, serveCalls } from "../support/serve-calls.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");

const negotiate = { authenticate: () => ({ userId: "user" }) };

async function pluginIn({ endpoints, path, answer }, options) {
  const pubsub = resilientPubSub({
    hub: "bench",
    endpoints,
    negotiate,
    logger: false,
    ...options,
  });
  await pubsub.ready();
  const app = express()
    .use(pubsub)
    .get(path, (_req, res) => res.json(answer));
  return { app, pubsub };
}

const ways = {
  plugin: (told) => ways.pluginWith(told, {}),

  /** As `plugin`, while somebody measures it. */
  async measured({ measuredBy, ...told }) {
    if (measuredBy === "metrics" || measuredBy === "spans") {
      const { registerSdk } = await import("../support/otel-sdk.mjs");
      registerSdk({ spans: measuredBy === "spans" });
    }
    const { app, pubsub } = await pluginIn(told, {});
    if (measuredBy === "prometheus") {
      const { prometheusCollector } = await import("../dist/prometheus.mjs");
      prometheusCollector({ pubsub });
    }
    return app;
  },

  agreed: (told) => ways.pluginWith(told, { topology: "client-client" }),

  /** Its answers have one signature in place of two. */
  unreviewed: (told) =>
    ways.pluginWith(told, { negotiate: { ...negotiate, reviewAfterInMs: false } }),

  pluginWith: async (told, options) => (await pluginIn(told, options)).app,

  idle: ({ path, answer }) =>
    express()
      .use((_req, _res, next) => next())
      .get(path, (_req, res) => res.json(answer)),

  /** As in the tutorials of the service. */
  sample({ endpoints }) {
    const [{ connectionString }] = endpoints;
    const client = new WebPubSubServiceClient(connectionString, "bench", {
      allowInsecureConnection: true,
    });
    return express().get("/negotiate", async (_req, res) => {
      const { url } = await client.getClientAccessToken({ userId: "user" });
      res.json({ url });
    });
  },

  /** As those who catch up ask and are answered. */
  post: ({ path, answer }) => express().post(path, express.json(), (_req, res) => res.json(answer)),

  express: ({ path, answer }) => express().get(path, (_req, res) => res.json(answer)),

  node:
    ({ answer }) =>
    (_request, response) => {
      const json = JSON.stringify(answer);
      const length = Buffer.byteLength(json);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": length });
      response.end(json);
    },
};

const server = createServer(await ways[options.way](options));
server.listen(0, "127.0.0.1");
await once(server, "listening");

serveCalls({ info: () => ({ endpoint: `http://127.0.0.1:${server.address().port}` }) });
