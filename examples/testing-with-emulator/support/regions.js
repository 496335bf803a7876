import { once } from "node:events";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { startEmulator } from "express-resilient-pubsub/emulator";
import { createApp } from "../app.js";

/** The app, with two regions of its own. Whatever is started here ends with the test. */
export async function startApp(t) {
  const [eastus, westus] = await Promise.all([startEmulator(), startEmulator()]);
  const { app, pubsub } = createApp([
    { name: "eastus", role: "primary", connectionString: eastus.connectionString },
    { name: "westus", role: "secondary", connectionString: westus.connectionString },
  ]);
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  const eventHandlers = [
    { urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`, userEventPattern: "*" },
  ];
  for (const region of [eastus, westus]) region.setHub("orders", { eventHandlers });
  await pubsub.ready();
  t.after(async () => {
    server.close();
    await pubsub.close();
    await Promise.all([eastus.close(), westus.close()]);
  });
  return { url, eastus, westus };
}

/** A client that is connected, and goes with the test. */
export async function connect(t, url, user) {
  const client = new ResilientPubSubClient(`${url}/negotiate?user=${user}`);
  t.after(() => client.stop());
  await client.start();
  return client;
}

/** Resolves to what the client raises next by that name. */
export const next = (client, name) => new Promise((resolve) => client.on(name, resolve));
