// Does everything that opens a timer, socket or listener, closes it and must then exit by itself.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { startEmulator } from "express-resilient-pubsub/emulator";

async function main(): Promise<void> {
  const eastus = await startEmulator();
  const westus = await startEmulator();
  const pubsub = resilientPubSub({
    hub: "chat",
    endpoints: [
      { name: "eastus", role: "primary", connectionString: eastus.connectionString },
      { name: "westus", role: "secondary", connectionString: westus.connectionString },
    ],
    negotiate: { allowAnonymous: true },
    health: { schedule: "* * * * * *" },
  });
  const server = express().use(pubsub).listen(0, "127.0.0.1");
  await once(server, "listening");
  await pubsub.ready();
  const { port } = server.address() as AddressInfo;
  const negotiate = () =>
    fetch(`http://127.0.0.1:${port}/negotiate`, { headers: { Connection: "close" } });
  await (await negotiate()).text();
  await pubsub.broadcast("hi");
  await eastus.inject({ kind: "blackhole" });
  const unanswered = pubsub.broadcast("hi", { timeoutInMs: 200 });
  await (await negotiate()).text();
  server.close();
  await Promise.all([pubsub.close(), pubsub.close()]);
  await unanswered;
  await Promise.all([eastus.close(), westus.close()]);
  // Closed sockets leave the list on a later turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const left = process.getActiveResourcesInfo().filter((name) => !/PipeWrap|TTYWrap/.test(name));
  console.log(JSON.stringify(left));
}

void main();
