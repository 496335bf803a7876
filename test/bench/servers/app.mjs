// App servers with the plugin, all in this process; nothing else runs in it.
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import express from "express";
import { serveCalls } from "../support/serve-calls.mjs";
import { wallClock } from "../support/wall-clock.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");
const opened = new Map();

serveCalls({
  info: () => ({}),

  /** Starts an app server and answers its URL, when it knows the state of its endpoints. */
  async open({ id, endpoints, health }) {
    const pubsub = resilientPubSub({
      hub: "bench",
      endpoints,
      negotiate: { allowAnonymous: true },
      health,
      logger: false,
    });
    const server = createServer(express().use(pubsub));
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const downs = [];
    // The wall clock, which the process that breaks the endpoints has as well.
    pubsub.events.on("endpointDown", ({ endpoint }) => downs.push({ endpoint, at: Date.now() }));
    opened.set(id, { pubsub, server, downs });
    await pubsub.ready();
    return `http://127.0.0.1:${server.address().port}`;
  },

  /** Sends one message; whether it arrives is not what is measured. */
  async broadcast(id) {
    await opened
      .get(id)
      .pubsub.broadcast("hi")
      .catch(() => {});
  },

  /** Broadcasts the time at a steady pace, whoever is slow; answers how many sends failed. */
  async tellTime({ id, messages, intervalInMs }) {
    const { pubsub } = opened.get(id);
    const reports = [];
    for (let message = 0; message < messages; message++) {
      reports.push(pubsub.broadcast({ sentAt: wallClock() }));
      await delay(intervalInMs);
    }
    return (await Promise.all(reports)).flatMap(({ failed }) => failed).length;
  },

  downs: (id) => opened.get(id).downs,

  async close(id) {
    const { pubsub, server } = opened.get(id);
    opened.delete(id);
    await pubsub.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  },
});
