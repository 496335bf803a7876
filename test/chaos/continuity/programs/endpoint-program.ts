import { startEmulator } from "express-resilient-pubsub/emulator";
import { programSettings, sendToParent } from "../../../../demo-app/processes/program.ts";
import { HUB } from "../message.ts";
import { tellComplaints } from "./complaints.ts";
import type { EndpointOrder, EndpointSettings, ProgramMessage } from "./program-messages.ts";

// An emulated instance of the service in a process of its own.
tellComplaints();
const { port, accessKey, upstreamPort } = programSettings<EndpointSettings>();
const urlTemplate = `http://127.0.0.1:${upstreamPort}/api/webpubsub/hubs/{hub}/`;
const hubs = { [HUB]: { eventHandlers: [{ urlTemplate, userEventPattern: "*" }] } };
const emulator = await startEmulator({ port, accessKey, hubs });

process.on("message", async ({ fault }: EndpointOrder) => {
  if (fault === "wrongKey") emulator.rotateKey("primary");
  else if (fault) await emulator.inject(fault);
  else {
    await emulator.clear();
    emulator.rotateKey("primary", accessKey);
  }
});
sendToParent<ProgramMessage>({ kind: "serves" });
