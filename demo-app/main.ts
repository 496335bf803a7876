import { once } from "node:events";
import { endpointsFromEnv, isResilientPubSubError } from "express-resilient-pubsub";
import { startDemo } from "./demo.ts";
import { abortOnInterrupt } from "./interruption.ts";
import { introduce } from "./introduction.ts";
import { bundlePage } from "./page-bundle.ts";
import { pageHandler } from "./page-handler.ts";

const FIRST_PORT = 3000;
const CROWD_SIZE = 60;
const BROADCAST_EVERY_IN_MS = 1000;

async function main(): Promise<void> {
  const interrupted = abortOnInterrupt();
  const page = pageHandler(await bundlePage());
  const demo = await startDemo({ firstPort: FIRST_PORT, endpoints: endpointsFromEnv(), page });
  const { servers, mode } = demo.stage.world;
  console.log(introduce({ roomUrl: demo.url, servers, mode }, FIRST_PORT));
  demo.stage.setBroadcasts(BROADCAST_EVERY_IN_MS);
  void demo.stage.crowd.resize(CROWD_SIZE);
  if (!interrupted.aborted) await once(interrupted, "abort");
  await demo.close();
}

try {
  await main();
} catch (error) {
  // Wrong variables are the user's to mend, and the message says how; a stack would bury it.
  console.error(isResilientPubSubError(error) ? error.message : error);
  process.exitCode = 1;
}
