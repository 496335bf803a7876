import { type Activity, startEmulator } from "express-resilient-pubsub/emulator";
import { programSettings, sendToParent } from "../../../demo-app/processes/program.ts";
import { Recorder } from "../recording/recorder.ts";
import type { EndpointOrder, EndpointSettings, ProgramMessage } from "./program-messages.ts";

// An emulated instance of the service in a process of its own, which records who is connected.
const { name: endpoint, folder, port, accessKey } = programSettings<EndpointSettings>();
const recorder = new Recorder(folder, endpoint);
recorder.recordComplaints();
const users = new Map<string, string>();

function record(activity: Activity): void {
  if (activity.kind === "clientConnected") {
    const client = activity.userId ?? "";
    users.set(activity.connectionId, client);
    recorder.record({ kind: "connection", endpoint, client, isOpen: true, reason: "" });
  }
  if (activity.kind === "clientDisconnected") {
    const { connectionId, reason } = activity;
    const client = users.get(connectionId) ?? "";
    users.delete(connectionId);
    recorder.record({ kind: "connection", endpoint, client, isOpen: false, reason });
  }
}

const emulator = await startEmulator({ port, accessKey, onActivity: record });
process.on("message", ({ fault }: EndpointOrder) => {
  void (fault ? emulator.inject(fault) : emulator.clear());
});
sendToParent<ProgramMessage>({ kind: "serves" });
