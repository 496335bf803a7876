import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { roles, startTwoRegions, type TwoRegions } from "./support/two-regions.ts";

const negotiate = { authenticate: () => ({ userId: "ada", roles }), reviewAfterInMs: 200 };

it("clients that are well stay where they are, and are counted", async () => {
  const world = await startTwoRegions({ negotiate });
  const { client, log } = makeClient(world.negotiateUrl);
  await client.start();
  await until(() => world.pubsub.endpoints.snapshot()[0]?.clients === 1);
  expect(log).toEqual(["state connecting", "state connected", "connected eastus"]);
});

/** What leaves open connections alone. */
it.each<[string, Fault, (world: TwoRegions) => unknown]>([
  ["health checks fail", { kind: "unhealthy", requestTypes: ["Health"] }, (world) => world.route()],
  ["sends fail", { kind: "gray" }, ({ pubsub }) => pubsub.sendToAll("x").catch(() => {})],
])("a client leaves a region whose %s, without a complaint", async (_, fault, notice) => {
  const world = await startTwoRegions({ negotiate });
  const { client, log, heard } = makeClient(world.negotiateUrl);
  await client.start();
  await client.joinGroup("news");
  await world.eastus.inject(fault);
  await until(async () => {
    await notice(world);
    return client.endpoint === "westus";
  });
  expect(log).toContain("moved eastus -> westus");
  expect(log.filter((line) => line.startsWith("connect-failed"))).toEqual([]);
  await until(async () => {
    await world.pubsub
      .group("news")
      .sendToAll("hi")
      .catch(() => {});
    return heard.includes("hi");
  });
});

it("a client whose app server was replaced, and cannot verify its grant, gets another and stays", async () => {
  const world = await startTwoRegions({ negotiate: { ...negotiate, secret: "a".repeat(40) } });
  const other = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { name: "eastus", role: "primary", connectionString: world.eastus.connectionString },
      ],
      negotiate: { ...negotiate, secret: "b".repeat(40) },
    }),
  );
  let isReplaced = false;
  const asked: string[] = [];
  const front = express().use((req, res, next) => {
    if (isReplaced) asked.push(req.path);
    if (isReplaced) other(req, res, next);
    else world.pubsub(req, res, next);
  });
  const { url } = closeAfterTest(await serve(front));
  const { client, log } = makeClient(`${url}/negotiate`);
  await client.start();
  isReplaced = true;
  await until(() => asked.length >= 4);
  expect(asked).toEqual(["/negotiate/place", "/negotiate", "/negotiate/place", "/negotiate/place"]);
  expect(log).toEqual(["state connecting", "state connected", "connected eastus"]);
});
