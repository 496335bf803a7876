// The app server that many clients come back to: it broadcasts numbers and counts negotiates.
import { createServer } from "node:http";
import express from "express";
import { options, serveCalls } from "../support/serve-calls.mjs";
import { longestStallInMs } from "../support/stalls.mjs";
import { wallClock } from "../support/wall-clock.mjs";

const { resilientPubSub } = await import("../dist/index.mjs");
const { endpoints, everyInMs } = options;
const pubsub = resilientPubSub({
  hub: "bench",
  endpoints,
  negotiate: { allowAnonymous: true },
  logger: false,
});
const negotiatedAt = [];
const app = express();
// Without the reviews, which are below it.
app.get("/negotiate", (_req, _res, next) => {
  negotiatedAt.push(wallClock());
  next();
});
app.use(pubsub);
const server = createServer(app);
// All clients may connect before the first is accepted.
await new Promise((resolve) => server.listen(0, "127.0.0.1", 4096, resolve));
await pubsub.ready();

let number = 0;
const timer = setInterval(() => {
  number += 1;
  // Whether it arrives is what the clients are asked.
  pubsub.broadcast({ number }).catch(() => {});
}, everyInMs);

serveCalls({
  info: () => ({ url: `http://127.0.0.1:${server.address().port}/negotiate` }),

  /** The last number that was sent. */
  number: () => number,

  /** Ends the broadcasts and answers the last number. */
  finish() {
    clearInterval(timer);
    return number;
  },

  negotiatesSince: (time) => negotiatedAt.filter((at) => at >= time),

  longestStallInMs,
});
