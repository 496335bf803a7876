import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { programSettings, sendToParent } from "../../demo-app/processes/program.ts";
import {
  REGIONS,
  type RegionName,
  type ServerReport,
  type ServerSettings,
} from "./process-messages.ts";

// The app server under test, in a process of its own, so that its memory is its own as well.
const { connectionStrings, broadcastEveryInMs } = programSettings<ServerSettings>();
const unhandledRejections: string[] = [];
const warnings: string[] = [];
process.on("unhandledRejection", (reason) => void unhandledRejections.push(String(reason)));
process.on("warning", (warning) => void warnings.push(String(warning)));

const pubsub = resilientPubSub({
  // Its events are told by the program itself.
  logger: false,
  hub: "soak",
  endpoints: REGIONS.map((name, index) => ({
    name,
    role: index === 0 ? "primary" : "secondary",
    connectionString: connectionStrings[name],
  })),
  negotiate: { allowAnonymous: true },
});
const server = createServer(express().use(pubsub));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
await pubsub.ready();

let started = 0;
let broadcasts = 0;
let allDown = 0;
pubsub.events.on("allDown", () => {
  allDown += 1;
});
const undelivered: Record<RegionName, number> = { east: 0, west: 0 };

async function broadcast(): Promise<void> {
  const sending = pubsub.broadcast({ text: "hi", number: started });
  const report = await sending.catch((error) => error.report);
  broadcasts += 1;
  for (const name of REGIONS) if (!report.delivered.includes(name)) undelivered[name] += 1;
}

function tell(): void {
  const snapshots = pubsub.endpoints.snapshot();
  sendToParent<ServerReport>({
    port: (server.address() as AddressInfo).port,
    healthy: snapshots.filter(({ state }) => state === "healthy").map(({ name }) => name),
    broadcasts,
    undelivered,
    allDown,
    unhandledRejections,
    warnings,
    rssInMib: process.memoryUsage.rss() / 1024 ** 2,
  });
}

const startedAt = performance.now();
// So many a second on average, also when the timers of this busy process are late.
setInterval(() => {
  const due = Math.floor((performance.now() - startedAt) / broadcastEveryInMs);
  for (; started < due; started += 1) void broadcast();
}, broadcastEveryInMs);
setInterval(tell, 250);
tell();
