import { resilientPubSub } from "express-resilient-pubsub";
import { afterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";

const options = { hub: "chat", negotiate: { allowAnonymous: true } };

async function start() {
  const emulator = await startEmulator();
  afterTest(async () => {
    jest.useRealTimers();
    await emulator.close();
  });
  return emulator;
}

it("x ready and close under jest's fake timers", async () => {
  const emulator = await start();
  jest.useFakeTimers();
  const pubsub = resilientPubSub({
    ...options,
    endpoints: [{ name: "east", role: "primary", connectionString: emulator.connectionString }],
  });
  await pubsub.ready();
  process.stdout.write("ready\n");
  const report = await pubsub.broadcast("x", { contentType: "text/plain" });
  process.stdout.write(`${report.delivered}\n`);
  await pubsub.close();
  process.stdout.write("closed\n");
});
