// An app server that ends by SIGTERM, in the order that it is given, and then tells what became of
// every request that reached it and of every broadcast that it began.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import {
  endpointsFromEnv,
  isResilientPubSubError,
  resilientPubSub,
} from "express-resilient-pubsub";

const counts = { accepted: 0, answered: 0, begun: 0, delivered: 0, refused: 0, partly: 0 };
const statuses: Record<string, number> = {};
const warnings: string[] = [];
process.on("warning", ({ message }) => void warnings.push(message));

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function main(): Promise<void> {
  const pubsub = resilientPubSub({
    hub: "chat",
    endpoints: endpointsFromEnv(),
    negotiate: {
      authenticate: async () => {
        await pause(10);
        return { userId: "ada" };
      },
    },
    upstream: {
      handleUserEvent: async (_req, res) => {
        await pause(30);
        await broadcast();
        await broadcast();
        res.success();
      },
    },
  });

  async function broadcast(): Promise<void> {
    counts.begun += 1;
    try {
      const { failed, skipped } = await pubsub.broadcast({ number: counts.begun });
      if (failed.length + skipped.length > 0) counts.partly += 1;
      counts.delivered += 1;
    } catch (error) {
      if (!isResilientPubSubError(error) || error.code !== "ERR_CLOSED") throw error;
      counts.refused += 1;
    }
  }

  const app = express();
  app.use((req, res, next) => {
    counts.accepted += 1;
    res.on("finish", () => {
      counts.answered += 1;
      const kind = `${req.path.split("/")[1]} ${res.statusCode}`;
      statuses[kind] = (statuses[kind] ?? 0) + 1;
    });
    next();
  });
  app.use(pubsub);
  app.post("/notify", async (_req, res) => {
    await pause(20);
    await broadcast();
    res.end("told");
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  await pubsub.ready({ require: "all-healthy" });

  const closeServer = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const orders: Record<string, () => Promise<unknown>> = {
    "plugin, then server": async () => {
      await pubsub.close();
      await closeServer();
    },
    "server, then plugin": async () => {
      await closeServer();
      await pubsub.close();
    },
    "both at once": () => Promise.all([closeServer(), pubsub.close()]),
    "both twice": () =>
      Promise.all([pubsub.close(), closeServer(), pubsub.close(), closeServer(), pubsub.close()]),
  };
  process.once("SIGTERM", async () => {
    const startedAt = performance.now();
    await orders[process.argv[2] ?? ""]?.();
    await pubsub.close();
    const tookInMs = Math.round(performance.now() - startedAt);
    console.log(JSON.stringify({ ...counts, statuses, warnings, tookInMs }));
  });
  console.log((server.address() as AddressInfo).port);
}

void main();
