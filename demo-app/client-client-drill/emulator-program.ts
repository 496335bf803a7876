import { startEmulator } from "express-resilient-pubsub/emulator";
import { programSettings, tell } from "../processes/program.ts";
import type { RegionSettings, RegionTold } from "./process-messages.ts";

// A Web PubSub instance in a process of its own, so that it can be killed as a whole.
const { port, accessKey } = programSettings<RegionSettings>();
const { connectionString } = await startEmulator({ port, ...(accessKey && { accessKey }) });
tell<RegionTold>({ connectionString });
