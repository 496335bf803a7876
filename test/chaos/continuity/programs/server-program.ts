import { createServer } from "node:http";
import express from "express";
import {
  type FanOutError,
  type FanOutReport,
  memoryHistory,
  resilientPubSub,
} from "express-resilient-pubsub";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { programSettings, sendToParent } from "../../../../demo-app/processes/program.ts";
import { GROUP, HUB, now, type StreamName } from "../message.ts";
import { complain, tellComplaints } from "./complaints.ts";
import type { ProgramMessage, SendingOrder, ServerSettings } from "./program-messages.ts";

// An app server in a process of its own, which numbers what it sends.
tellComplaints();
const settings = programSettings<ServerSettings>();
const { sender, redisUrl, rate } = settings;

const pubsub = resilientPubSub({
  // Its events are told by the program itself.
  logger: false,
  hub: HUB,
  endpoints: [...settings.endpoints],
  negotiate: {
    // Of the clients of ours one half has the group by its token, and the other joins it.
    authenticate: ({ query }) => ({
      userId: String(query.user),
      roles: [`webpubsub.sendToGroup.${GROUP}`, `webpubsub.joinLeaveGroup.${GROUP}`],
      groups: query.joins === "1" ? [] : [GROUP],
    }),
    reviewAfterInMs: settings.reviewAfterInMs,
  },
  history: {
    store: redisUrl === undefined ? memoryHistory() : redisHistory({ url: redisUrl }),
    appendTimeoutInMs: settings.appendTimeoutInMs,
  },
  health: { schedule: "* * * * * *" },
  failback: { holdDownInMs: 1000, close: { connectionsPerSecond: 200 } },
});
const { events } = pubsub;
events.on("handlerError", ({ handler, error }) => complain(`${handler}: ${error}`));
events.on("historyLost", ({ error }) => tellHistory(true, String(error)));
events.on("historyRestored", ({ lostForInMs }) => tellHistory(false, `${lostForInMs} ms`));

function tellHistory(isLost: boolean, why: string): void {
  sendToParent<ProgramMessage>({ kind: "history", isLost, why });
}

const numbers = { a: 0, "g:room": 0 };

async function send(stream: StreamName): Promise<void> {
  numbers[stream] += 1;
  const message = { sender, number: numbers[stream], stream };
  const startedAt = now();
  const report = await (stream === "a"
    ? pubsub.broadcast(message)
    : pubsub.group(GROUP).sendToAll(message)
  ).catch(reportOf);
  sendToParent<ProgramMessage>({
    kind: "sent",
    sent: {
      ...message,
      startedAt,
      endedAt: now(),
      history: report?.history ?? "failed",
      delivered: report?.delivered ?? [],
    },
  });
}

/** A send that nobody took has a report as well. */
const reportOf = (error: unknown): FanOutReport | undefined =>
  (error as Partial<FanOutError>).report;

let timers: NodeJS.Timeout[] = [];
function setSending(isSending: boolean): void {
  for (const timer of timers) clearInterval(timer);
  const every = (stream: StreamName) => setInterval(() => void send(stream), 1000 / rate);
  timers = isSending ? [every("a"), every("g:room")] : [];
}
process.on("message", ({ isSending }: SendingOrder) => setSending(isSending));

const http = createServer(express().use(pubsub));
await new Promise<void>((resolve) => http.listen(settings.port, "127.0.0.1", resolve));
// It goes on trying by itself.
await pubsub.ready({ timeoutInMs: 3000 }).catch(() => {});
setSending(settings.isSending);
sendToParent<ProgramMessage>({ kind: "serves" });
