import { once } from "node:events";
import { endpointsFromEnv, isResilientPubSubError } from "express-resilient-pubsub";
import { abortOnInterrupt } from "./kit/abort-on-interrupt.ts";
import { bundlePage } from "./page-server/bundle-page.ts";
import { pageHandler } from "./page-server/page-handler.ts";
import { startDemo } from "./startup/start-demo.ts";
import { startupMessage } from "./startup/startup-message.ts";

const FIRST_PORT = 3000;
// On Azure a free instance takes 20 connections, and every message counts.
const INITIAL_LOAD = {
  emulated: { clientCount: 60, broadcastEveryInMs: 1000 },
  azure: { clientCount: 4, broadcastEveryInMs: 0 },
};

async function main(): Promise<void> {
  const interrupted = abortOnInterrupt();
  const page = pageHandler(await bundlePage());
  const demo = await startDemo({ firstPort: FIRST_PORT, endpoints: endpointsFromEnv(), page });
  const { servers, mode } = demo.environment.view;
  console.log(startupMessage({ pageUrl: demo.url, servers, mode }, FIRST_PORT));
  const { clientCount, broadcastEveryInMs } = INITIAL_LOAD[mode];
  demo.environment.setBroadcasts(broadcastEveryInMs);
  void demo.environment.clients.resize(clientCount);
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
