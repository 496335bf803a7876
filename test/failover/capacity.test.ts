import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

/** Two primaries that share, with room for so many clients each, and a secondary without a limit. */
async function startThree(maxClients: number) {
  const names = ["east-1", "east-2", "west"] as const;
  const [east1, east2, west] = await Promise.all(
    names.map(async () => closeAfterTest(await startEmulator())),
  );
  if (!east1 || !east2 || !west) throw new Error("No emulator was started.");
  const primary = { role: "primary", maxClients } as const;
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { ...primary, name: "east-1", connectionString: east1.connectionString },
        { ...primary, name: "east-2", connectionString: east2.connectionString },
        { name: "west", role: "secondary", connectionString: west.connectionString },
      ],
      negotiate: { allowAnonymous: true },
    }),
  );
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  await pubsub.ready({ require: "all-healthy" });
  return { east1, pubsub, url: `${url}/negotiate` };
}

const repeated = <T>(times: number, make: () => T): T[] => Array.from({ length: times }, make);

it("when one of two primaries dies, the other takes as many clients as it has room for, and the secondary the rest", async () => {
  const { east1, pubsub, url } = await startThree(8);
  const full: unknown[] = [];
  pubsub.events.on("endpointFull", (event) => void full.push(event));
  const clients = repeated(12, () => new ResilientPubSubClient(url, { reconnectSpreadInMs: 0 }));
  afterTest(() => Promise.all(clients.map((client) => client.stop())));
  const places = new Map<ResilientPubSubClient, string>();
  for (const client of clients) {
    client.on("connected", ({ endpoint }) => void places.set(client, endpoint ?? "nowhere"));
    client.on("disconnected", () => void places.delete(client));
    await client.start();
  }
  const countOn = (name: string): number => [...places.values()].filter((at) => at === name).length;
  expect(countOn("east-1") + countOn("east-2")).toBe(12);
  const lost = countOn("east-1");
  expect(lost).toBeGreaterThan(0);

  await east1.inject({ kind: "crash" });
  await until(() => places.size === 12 && countOn("east-1") === 0);
  expect([countOn("east-2"), countOn("west")]).toEqual([8, 4]);
  expect(full).toContainEqual({ endpoint: "east-2", clients: 8, maxClients: 8 });
  // Clients may be gone before two health checks have failed.
  await until(() => !pubsub.status().serving.includes("east-1"));
  const { endpoints, serving } = pubsub.status();
  expect(serving).toEqual(["west"]);
  expect(endpoints.map(({ name, full: isFull }) => [name, isFull])).toContainEqual([
    "east-2",
    true,
  ]);
}, 30_000);

it("when nobody has room, nobody is refused for that", async () => {
  const { pubsub, url } = await startThree(2);
  pubsub.endpoints.drain("west");
  const answers = await Promise.all(repeated(10, () => fetchAnswer(url)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  for (const { body } of answers) expect(body.endpoint).toMatch(/^east-/);
});

it("a token that the application asks for counts as well", async () => {
  const { pubsub, url } = await startThree(1);
  const { endpoint: first } = await pubsub.getClientAccessToken();
  const { endpoint: second } = await pubsub.getClientAccessToken();
  expect([first, second].sort()).toEqual(["east-1", "east-2"]);
  expect((await fetchAnswer(url)).body.endpoint).toBe("west");
});
