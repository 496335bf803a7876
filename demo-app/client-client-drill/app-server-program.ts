import express from "express";
import { isResilientPubSubError, resilientPubSub, roles } from "express-resilient-pubsub";
import { listenOnLoopback } from "../http/listen.ts";
import { programSettings, sendToParent } from "../processes/program.ts";
import { CountedStore } from "./counted-store.ts";
import {
  GROUP,
  HUB,
  type ServerMessage,
  type ServerSettings,
  type ServerStatus,
  sharedNow,
} from "./process-messages.ts";
import { storeFor } from "./store-servers.ts";

// An app server in a process of its own, so that it can be killed while it leads.
const settings = programSettings<ServerSettings>();
const store = new CountedStore(storeFor(settings.store));
const { pollIntervalInMs, leaseInMs, health } = settings;

const pubsub = resilientPubSub({
  // Its events are told by the program itself.
  logger: false,
  hub: HUB,
  endpoints: [...settings.endpoints],
  topology: "client-client",
  coordination: { store, pollIntervalInMs, leaseInMs },
  ...(health && { health }),
  negotiate: {
    allowAnonymous: true,
    authenticate: () => ({ roles: [roles.joinLeaveGroup(GROUP), roles.sendToGroup(GROUP)] }),
  },
});

const report = (message: ServerMessage): void => sendToParent(message);
pubsub.events.on("endpointDown", ({ endpoint, reason }) => {
  report({ kind: "down", endpoint, reason, at: sharedNow() });
});
pubsub.events.on("agreementChanged", ({ epoch, active, reason }) => {
  report({ kind: "agreed", epoch, active, reason, at: sharedNow() });
});
pubsub.events.on("coordinationLost", () => report({ kind: "store-lost", at: sharedNow() }));
pubsub.events.on("coordinationRestored", () => report({ kind: "store-restored", at: sharedNow() }));

const app = express();
app.use(pubsub);
app.get("/drill/status", (_req, res) => {
  const { isLeader, agreement } = pubsub.coordination.status();
  res.json({ isLeader, epoch: agreement?.epoch, store: store.calls } satisfies ServerStatus);
});
app.post("/drill/switch/:endpoint", async (req, res) => {
  try {
    await pubsub.coordination.switchTo(req.params.endpoint);
    res.status(204).end();
  } catch (error) {
    if (!isResilientPubSubError(error)) throw error;
    res.status(409).json({ error: error.message });
  }
});

const { server, port, url } = await listenOnLoopback(settings.port);
server.on("request", app);
await pubsub.ready();
report({ kind: "listening", port, url, at: sharedNow() });
