import { createServer } from "node:http";
import express from "express";
import {
  type CoordinationStore,
  isResilientPubSubError,
  resilientPubSub,
} from "express-resilient-pubsub";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { programSettings, sendToParent } from "../../../demo-app/processes/program.ts";
import { incarnationOf } from "../recording/incarnation.ts";
import { Recorder } from "../recording/recorder.ts";
import {
  HUB,
  type ProgramMessage,
  type ServerOrder,
  type ServerSettings,
  STORE_NAMESPACE,
} from "./program-messages.ts";

// An app server in a process of its own, which records what it knows of the agreement.
const settings = programSettings<ServerSettings>();
const { name: server, run } = settings;
const recorder = new Recorder(settings.folder, `${server}-${run}`, (entry) =>
  sendToParent<ProgramMessage>({ kind: "recorded", entry }),
);
recorder.recordComplaints();

const pubsub = resilientPubSub({
  // Its events are told by the program itself.
  logger: false,
  hub: HUB,
  endpoints: [...settings.endpoints],
  topology: "client-client",
  coordination: {
    store: storeOf(settings),
    pollIntervalInMs: settings.pollInMs,
    leaseInMs: settings.leaseInMs,
  },
  negotiate: { authenticate: ({ query }) => ({ userId: String(query.user) }) },
  health: { schedule: settings.schedule },
});

function storeOf({ store }: ServerSettings): CoordinationStore {
  return "url" in store
    ? redisStore({ url: store.url, prefix: STORE_NAMESPACE })
    : azureBlobStore({ connectionString: store.connectionString, container: STORE_NAMESPACE });
}

const { events, coordination } = pubsub;
events.on("agreementChanged", ({ epoch, active, previous, reason }) => {
  const incarnation = incarnationOf(coordination.status().agreement);
  recorder.record({
    kind: "agreed",
    server,
    run,
    epoch,
    incarnation,
    active,
    previous,
    reason,
  });
});
const recordHealth = (endpoint: string, isUp: boolean, reason: string | undefined): void =>
  recorder.record({ kind: "health", server, run, endpoint, isUp, reason });
events.on("endpointUp", ({ endpoint, reason }) => recordHealth(endpoint, true, reason));
events.on("endpointDown", ({ endpoint, reason }) => recordHealth(endpoint, false, reason));
const recordReach = (isReachable: boolean): void =>
  recorder.record({ kind: "store-reach", server, run, isReachable });
events.on("coordinationLost", () => recordReach(false));
events.on("coordinationRestored", () => recordReach(true));
const recordStragglers = (endpoint: string, isClosed: boolean): void =>
  recorder.record({ kind: "stragglers", server, run, endpoint, isClosed });
events.on("stragglersClosed", ({ endpoint }) => recordStragglers(endpoint, true));
events.on("stragglersFailed", ({ endpoint }) => recordStragglers(endpoint, false));
events.on("handlerError", ({ handler, error }) =>
  recorder.record({ kind: "complaint", what: `${handler}: ${error}` }),
);

let wasLeader = false;
setInterval(() => {
  const { isLeader } = coordination.status();
  if (isLeader === wasLeader) return;
  wasLeader = isLeader;
  recorder.record({ kind: "leads", server, run, isLeader });
}, settings.pollInMs / 2);

process.on("message", async ({ to }: ServerOrder) => {
  const code = await coordination.switchTo(to).then(
    () => undefined,
    (error) => (isResilientPubSubError(error) ? error.code : String(error)),
  );
  recorder.record({ kind: "switched", server, run, to, code });
});

const http = createServer(express().use(pubsub));
process.once("SIGTERM", async () => {
  http.close();
  await pubsub.close();
  http.closeAllConnections();
  process.exit();
});
await new Promise<void>((resolve) => http.listen(settings.port, "127.0.0.1", resolve));
// It goes on trying by itself.
pubsub.ready().catch(() => {});
sendToParent<ProgramMessage>({ kind: "serves" });
