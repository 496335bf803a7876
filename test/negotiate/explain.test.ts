import type { Logger } from "express-resilient-pubsub";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

const explain = { authenticate: () => ({ userId: "ada" }), explain: () => true };

/** What is said of each endpoint: `eastus: why`. */
const whys = (body: { explanation: { endpoints: { endpoint: string; why: string }[] } }) =>
  body.explanation.endpoints.map(({ endpoint, why }) => `${endpoint}: ${why}`);

it("whoever may know is told why this endpoint, and why no other", async () => {
  const { eastus, pubsub, negotiate } = await startRegions({ negotiate: explain });
  await pubsub.ready();
  const ask = async (query = "") => whys((await negotiate(`?explain${query}`)).body);
  expect(await ask()).toEqual([
    "eastus: it is the first healthy primary in the order given",
    "westus: a primary serves",
  ]);
  expect(await ask("&failed=eastus")).toEqual([
    "eastus: the client has said that it failed there",
    "westus: the client has failed on those that come before it",
  ]);
  pubsub.endpoints.forceFailover("westus");
  expect(await ask()).toEqual([
    "eastus: an operator has forced another one",
    "westus: an operator has forced it",
  ]);
  pubsub.endpoints.clearForce();
  pubsub.endpoints.drain("eastus");
  expect((await ask())[0]).toBe("eastus: an operator has drained it");
  pubsub.endpoints.undrain("eastus");
  await eastus.inject({ kind: "crash" });
  await until(async () => (await ask())[0] === "eastus: it is down: refused");
  expect((await ask())[1]).toBe(
    "westus: it is the first healthy secondary, since no primary is left, in the order given",
  );
});

it("of an endpoint that is full, that it is", async () => {
  const { pubsub, negotiate } = await startRegions({ negotiate: explain, maxClients: 1 });
  await pubsub.ready({ require: "all-healthy" });
  const ask = async () => whys((await negotiate("?explain")).body);
  expect((await ask())[0]).toBe("eastus: it is the first healthy primary in the order given");
  expect(await ask()).toEqual([
    "eastus: it has as many clients as it may have: maxClients",
    "westus: it is the first healthy secondary, since all primaries are full, in the order given",
  ]);
  pubsub.endpoints.drain("westus");
  expect((await ask())[0]).toBe("eastus: all are full, and this is better than nothing");
});

it("what a router has answered is told, and where servers agree, the agreement", async () => {
  const routed = await startRegions({ negotiate: explain, router: () => "westus" });
  await routed.pubsub.ready();
  const { body } = await routed.negotiate("?explain=1");
  expect(body.explanation).toMatchObject({ chosen: "westus", routed: "westus" });
  expect(whys(body)).toEqual([
    "eastus: the router has chosen another one",
    "westus: the router has chosen it",
  ]);
  const agreed = await startRegions({ negotiate: explain, topology: "client-client" });
  await agreed.pubsub.ready();
  expect(whys((await agreed.negotiate("?explain=1")).body)).toEqual([
    "eastus: the servers have agreed on it",
    "westus: the servers have agreed on another one",
  ]);
});

it.each<[string, (() => boolean) | undefined]>([
  ["is not there", undefined],
  ["says no", () => false],
  ["says what is not true", () => "yes" as never],
  [
    "throws",
    () => {
      throw new Error("no session");
    },
  ],
])("nobody is told while negotiate.explain %s", async (_, explainOption) => {
  const { pubsub, negotiate } = await startRegions({
    negotiate: { ...explain, explain: explainOption },
  });
  await pubsub.ready();
  const { status, body } = await negotiate("?explain=1");
  expect([status, body.explanation]).toEqual([200, undefined]);
});

it("a logger at debug is told of each negotiate, also of one that is refused; the caller is not", async () => {
  const lines: string[] = [];
  const logger: Logger = {
    error: () => {},
    warn: () => {},
    debug: (_, message) => void lines.push(message),
    isLevelEnabled: () => true,
  };
  const { eastus, westus, pubsub, negotiate } = await startRegions({ logger });
  await pubsub.ready();
  expect((await negotiate()).body.explanation).toBeUndefined();
  expect(lines).toEqual([
    '[hub "chat"] a negotiate was answered with "eastus": it is the first healthy primary in the order given',
  ]);
  await Promise.all([eastus, westus].map((region) => region.inject({ kind: "crash" })));
  await until(async () => (await negotiate()).status === 503);
  expect(lines.at(-1)).toContain("a negotiate was answered with no endpoint");
});
