import { startEmulator } from "express-resilient-pubsub/emulator";
import { programSettings, sendToParent } from "../processes/program.ts";
import type { EmulatorMessage, EmulatorSettings } from "./process-messages.ts";

// A Web PubSub instance in a process of its own, so that it can be killed as a whole.
const { port, accessKey } = programSettings<EmulatorSettings>();
const { connectionString } = await startEmulator({ port, ...(accessKey && { accessKey }) });
sendToParent<EmulatorMessage>({ connectionString });
