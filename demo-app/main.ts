import { once } from "node:events";
import { endpointsFromEnv, isResilientPubSubError } from "express-resilient-pubsub";
import { startAzureWorld } from "./azure-world.ts";
import { startEmulatedWorld } from "./emulated-world.ts";
import { abortOnInterrupt } from "./interruption.ts";
import { introduce } from "./introduction.ts";
import { bundlePage } from "./page-bundle.ts";
import { pageHandler } from "./page-handler.ts";

const FIRST_PORT = 3000;

async function main(): Promise<void> {
  const interrupted = abortOnInterrupt();
  const page = pageHandler(await bundlePage());
  const options = { firstPort: FIRST_PORT, page };
  const endpoints = endpointsFromEnv();
  const world =
    endpoints.length > 0
      ? await startAzureWorld(endpoints, options)
      : await startEmulatedWorld(options);
  console.log(introduce(world, FIRST_PORT));
  if (!interrupted.aborted) await once(interrupted, "abort");
  await world.close();
}

try {
  await main();
} catch (error) {
  // Wrong variables are the user's to mend, and the message says how; a stack would bury it.
  console.error(isResilientPubSubError(error) ? error.message : error);
  process.exitCode = 1;
}
