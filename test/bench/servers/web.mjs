// One web server, written in one of the ways that are compared; nothing else runs in this process.
import { once } from "node:events";
import { createServer } from "node:http";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import express from "express";
import { options, serveCalls } from "../support/serve-calls.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");

const negotiate = { authenticate: () => ({ userId: "user" }) };

async function pluginIn({ endpoints, path, answer }, options, app = express()) {
  const pubsub = resilientPubSub({
    hub: "bench",
    endpoints,
    negotiate,
    logger: false,
    ...options,
  });
  await pubsub.ready();
  app.use(pubsub).get(path, (_req, res) => res.json(answer));
  return { app, pubsub };
}

/** By an OpenTelemetry SDK. A traced app has a span for each request, as instrumentation makes it. */
async function measure(app, { metrics, spans, isTraced }) {
  const { makeTracer, registerMetrics } = await import("../support/otel-sdk.mjs");
  if (metrics) registerMetrics();
  if (!spans && !isTraced) return;
  const tracer = makeTracer({ forAll: spans });
  if (!isTraced) return;
  app.use((_req, res, next) =>
    tracer.startActiveSpan("GET", (span) => {
      res.on("finish", () => span.end());
      next();
    }),
  );
}

const ways = {
  plugin: (told) => ways.pluginWith(told, {}),

  /** As `plugin`, while somebody measures it. */
  async measured({ metrics, spans, isTraced, ...told }) {
    const app = express();
    if (metrics === "otel" || spans || isTraced) await measure(app, { metrics, spans, isTraced });
    const { pubsub } = await pluginIn(told, {}, app);
    if (metrics === "prometheus") {
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
