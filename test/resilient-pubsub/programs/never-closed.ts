// A plugin that nobody closes: its timers alone must not keep a process alive.
import { resilientPubSub } from "express-resilient-pubsub";
import { startEmulator } from "express-resilient-pubsub/emulator";

async function main(): Promise<void> {
  const eastus = await startEmulator();
  const pubsub = resilientPubSub({
    hub: "chat",
    endpoints: [
      { name: "eastus", role: "primary", connectionString: eastus.connectionString },
      {
        name: "nowhere",
        role: "secondary",
        connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=k",
      },
    ],
    negotiate: { allowAnonymous: true },
  });
  await pubsub.ready();
  await pubsub.broadcast("hi");
  await eastus.close();
  console.log("done");
}

void main();
