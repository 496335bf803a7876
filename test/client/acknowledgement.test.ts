import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";
import { startTwoRegions } from "./support/two-regions.ts";

const nothing: unknown[] = [];

it.each<[string, object, unknown[]]>([
  ["JSON null", { type: "message", from: "server", dataType: "json", data: null }, [null]],
  ["no data", { type: "message", from: "server", dataType: "json" }, nothing],
  ["data of a new type", { type: "message", from: "server", dataType: "cbor", data: 1 }, nothing],
  ["a new sender", { type: "message", from: "moon", dataType: "json", data: 1 }, nothing],
  ["a new type", { type: "weather" }, nothing],
  ["no type at all", {}, nothing],
])(
  "a sequenced frame with %s is acknowledged, and heard or dropped",
  async (_, frame, expected) => {
    const east = await ScriptedService.start();
    const { client, heard } = makeClient(new ScriptedNegotiate({ east }).negotiate);
    await client.start();
    // As if many had come before, which are acknowledged at once.
    east.latest?.send({ ...frame, sequenceId: 300 });
    await until(() => east.latest?.receivedOf("sequenceAck").length);
    expect(east.latest?.receivedOf("sequenceAck")).toEqual([
      { type: "sequenceAck", sequenceId: 300 },
    ]);
    expect(heard).toEqual(expected);
  },
);

it("what a recovered connection repeats and nobody knows is dropped as well", async () => {
  const unknown = { type: "weather", sequenceId: 1 };
  const east = await ScriptedService.start({ recover: (socket) => socket.send(unknown) });
  const { client, log } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  east.latest?.send(unknown);
  east.latest?.cut();
  await until(() => east.latest?.isRecovery && client.state === "connected");
  await until(() => east.latest?.receivedOf("sequenceAck").length);
  expect(log).not.toContain("disconnected");
});

it("a broadcast of null is heard as null, between others", async () => {
  const { pubsub, negotiateUrl } = await startTwoRegions({ fanOut: { timeoutInMs: 5000 } });
  const { client, heard } = makeClient(negotiateUrl);
  await client.start();
  await client.joinGroup("g");
  for (const message of ["before", null, "after"]) {
    expect((await pubsub.broadcast(message)).delivered).toEqual(["eastus", "westus"]);
  }
  await pubsub.group("g").sendToAll(null);
  await until(() => heard.length === 4);
  expect(heard).toEqual(["before", null, "after", null]);
});

it("a thousand messages of null are acknowledged before they end a reliable connection", async () => {
  const east = await ScriptedService.start();
  const { client, heard } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  for (let sequenceId = 1; sequenceId <= 1001; sequenceId++) east.latest?.message(null, sequenceId);
  await until(() => east.latest?.receivedOf("sequenceAck").at(-1)?.sequenceId === 1001);
  expect(heard).toHaveLength(1001);
});
