// An app that broadcasts as fast as it can, in one of the ways that are compared; nothing else runs
// in this process.
import { createSecretKey } from "node:crypto";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import jwt from "jsonwebtoken";
import { Pool } from "undici";
import { fire } from "./fire.mjs";
import { options, serveCalls } from "./serve-calls.mjs";
import { endpointOf, keyOf } from "./tokens.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");

const { bytes = 200 } = options;
const message = { text: "x".repeat(bytes - '{"text":""}'.length) };

async function ownBroadcaster({ endpoints, history }) {
  const negotiate = { allowAnonymous: true };
  const pubsub = resilientPubSub({ hub: "bench", endpoints, negotiate, history });
  await pubsub.ready();
  const wanted = history && "logged";
  return async () => {
    const { failed, skipped, history: outcome } = await pubsub.broadcast(message);
    if (failed.length + skipped.length > 0) throw new Error("Not everybody was reached.");
    if (outcome !== wanted) throw new Error(`A broadcast was ${outcome}, and not ${wanted}.`);
  };
}

// Everything shares one machine here, and what is bypassed costs nothing.
const appendTimeoutInMs = 5000;

const ways = {
  ours: ({ endpoints }) => ownBroadcaster({ endpoints }),

  memory: ({ endpoints }) => ownBroadcaster({ endpoints, history: { appendTimeoutInMs } }),

  async redis({ endpoints, redisUrl }) {
    const { redisHistory } = await import("../dist/stores/redis.mjs");
    return ownBroadcaster({
      endpoints,
      history: { store: redisHistory({ url: redisUrl }), appendTimeoutInMs },
    });
  },

  sdk({ endpoints }) {
    const clients = endpoints.map(
      ({ connectionString }) =>
        new WebPubSubServiceClient(connectionString, "bench", { allowInsecureConnection: true }),
    );
    return () => Promise.all(clients.map((client) => client.sendToAll(message)));
  },

  /** What one would write for speed alone: no spans, no deadline, no report. */
  undici: ({ endpoints }) => rawBroadcaster(endpoints, (sign) => sign),

  /** The same with one token for all requests of an endpoint. */
  ready: ({ endpoints }) =>
    rawBroadcaster(endpoints, (sign) => {
      const token = sign();
      return () => token;
    }),
};

function rawBroadcaster(endpoints, tokensOf) {
  const path = "/api/hubs/bench/:send?api-version=2024-12-01";
  const targets = endpoints.map(({ connectionString }) => {
    const url = endpointOf(connectionString);
    const key = createSecretKey(Buffer.from(keyOf(connectionString)));
    const options = { audience: url + path, expiresIn: "1h", algorithm: "HS256" };
    return { pool: new Pool(url), tokenOf: tokensOf(() => jwt.sign({}, key, options)) };
  });
  const send = async ({ pool, tokenOf }, body) => {
    const token = tokenOf();
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const response = await pool.request({ method: "POST", path, headers, body });
    await response.body.dump();
    if (response.statusCode !== 202) throw new Error(`Answered with ${response.statusCode}.`);
  };
  return () => {
    const body = JSON.stringify(message);
    return Promise.all(targets.map((target) => send(target, body)));
  };
}

async function broadcasterOf({ way, endpoints }) {
  if (Object.hasOwn(ways, way)) return ways[way](options);
  const { broadcasterAt } = await import("./sdk-steps.mjs");
  const broadcast = broadcasterAt(way, endpoints);
  return () => broadcast(message);
}

const broadcast = await broadcasterOf(options);

serveCalls({ info: () => ({}), fire: (job) => fire(broadcast, job) });
