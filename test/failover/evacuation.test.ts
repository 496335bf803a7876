import { closeReasonOf, MOVE_REASON_PREFIX } from "express-resilient-pubsub";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { afterTest } from "../support/clean-up.ts";
import { connectClient } from "../support/official-client.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

it("clients of an evacuated region go to the other one without a complaint, whoever sent them there", async () => {
  const { pubsub, negotiate } = await startRegions();
  await pubsub.ready({ require: "all-healthy" });
  const complaints: string[] = [];
  const moves: string[] = [];
  const client = new ResilientPubSubClient(async ({ failed }) => {
    complaints.push(...failed);
    return (await negotiate("?user=ada")).body;
  });
  client.on("moved", ({ from, to }) => void moves.push(`${from} -> ${to}`));
  afterTest(() => client.stop());
  await client.start();
  const farewells: unknown[] = [];
  const official = await connectClient(async () => (await negotiate("?user=bob")).body.url);
  official.client.on("disconnected", (event) => void farewells.push(closeReasonOf(event)));
  const stranger = await pubsub.getClientAccessToken({ userId: "eve" });
  await connectClient(stranger.url, { autoReconnect: false });

  const { done } = pubsub.endpoints.evacuate("eastus", { connectionsPerSecond: 50 });
  expect(await done).toEqual({ isEmpty: true, closed: 3 });
  await until(() => moves.length === 1 && official.connectionIds.length === 2);
  expect(moves).toEqual(["eastus -> westus"]);
  expect([complaints, farewells]).toEqual([[], [`${MOVE_REASON_PREFIX}westus`]]);
  expect((await pubsub.broadcast("all of you")).delivered).toEqual(["eastus", "westus"]);
  await until(() => official.received.includes("all of you"));

  expect((await negotiate()).body.endpoint).toBe("westus");
  pubsub.endpoints.undrain("eastus");
  expect((await negotiate()).body.endpoint).toBe("eastus");
}, 30_000);
