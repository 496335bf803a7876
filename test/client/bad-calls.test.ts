import { isPubSubClientError } from "express-resilient-pubsub/client";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const failing = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });

async function connect() {
  const east = await ScriptedService.start();
  const { client } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  return { east, client };
}

describe("bad input is refused before anything is sent:", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const huge = "x".repeat(1024 * 1024);
  // biome-ignore lint/suspicious/noExplicitAny: that is the point
  type Any = any;

  it.each<[string, (client: Any) => Promise<unknown>]>([
    ["an empty group", (client) => client.joinGroup("")],
    ["a group that is no string", (client) => client.sendToGroup(5, 1, "json")],
    ["an event that is undefined", (client) => client.sendEvent(undefined, 1, "json")],
    ["null", (client) => client.sendEvent("e", null, "json")],
    ["undefined", (client) => client.sendEvent("e", undefined, "json")],
    ["NaN, which JSON has not", (client) => client.sendEvent("e", Number.NaN, "json")],
    ["a function", (client) => client.sendEvent("e", () => 1, "json")],
    ["a circle", (client) => client.sendEvent("e", circular, "json")],
    ["a bigint", (client) => client.sendEvent("e", 5n, "json")],
    ["bytes as JSON", (client) => client.sendEvent("e", new ArrayBuffer(2), "json")],
    ["a view as JSON", (client) => client.sendEvent("e", new Uint8Array(2), "json")],
    ["a map as JSON", (client) => client.sendEvent("e", { map: new Map([[1, 2]]) }, "json")],
    ["a set as JSON", (client) => client.sendEvent("e", [new Set([1])], "json")],
    ["an error as JSON", (client) => client.sendEvent("e", new Error("no"), "json")],
    ["a promise as JSON", (client) => client.sendEvent("e", Promise.resolve(1), "json")],
    ["a number as text", (client) => client.sendEvent("e", 5, "text")],
    ["a string as binary", (client) => client.sendEvent("e", "AAA=", "binary")],
    ["a view as binary", (client) => client.sendEvent("e", new Uint8Array(2), "binary")],
    ["no data type", (client) => client.sendEvent("e", "x")],
    ["an unknown data type", (client) => client.sendEvent("e", "x", "yaml")],
    ["more than 1 MiB", (client) => client.sendEvent("e", huge, "text")],
    ["more than 1 MiB in UTF-8", (client) => client.sendEvent("e", "ä".repeat(524_288), "text")],
    ["a negative ackId", (client) => client.joinGroup("g", { ackId: -1 })],
    ["half an ackId", (client) => client.sendEvent("e", 1, "json", { ackId: 1.5 })],
    ["an ackId that is a string", (client) => client.sendEvent("e", 1, "json", { ackId: "1" })],
    ["an empty invocationId", (client) => client.invokeEvent("e", 1, "json", { invocationId: "" })],
  ])("%s", async (_, call) => {
    const { client, east } = await connect();
    const error = await call(client).catch((error) => error);
    expect(error).toEqual(failing("ERR_INVALID_ARGUMENT"));
    expect(error).toBeInstanceOf(TypeError);
    expect(isPubSubClientError(error)).toBe(true);
    await client.joinGroup("fine");
    expect(east.latest?.received).toEqual([
      { type: "joinGroup", group: "fine", ackId: expect.anything() },
    ]);
  });

  it.each<[string, unknown, unknown]>([
    ["a date", { at: new Date(0) }, { at: "1970-01-01T00:00:00.000Z" }],
    [
      "an instance of a class",
      new (class Order {
        id = 7;
      })(),
      { id: 7 },
    ],
    [
      "what says itself what it is in JSON",
      { toJSON: () => [new Date(0)] },
      ["1970-01-01T00:00:00.000Z"],
    ],
    ["an object without a prototype", Object.assign(Object.create(null), { a: [1] }), { a: [1] }],
    ["a member that is undefined", { a: undefined, b: 1 }, { b: 1 }],
  ])("but not %s, which JSON can hold", async (_, content, data) => {
    const { client, east } = await connect();
    await client.sendEvent("e", content as object, "json");
    expect(east.latest?.receivedOf("event")).toEqual([expect.objectContaining({ data })]);
  });

  it("an ackId that another unsettled call has", async () => {
    const { client, east } = await connect();
    east.behaviour = { answer: () => {} };
    const one = client.sendEvent("e", 1, "json", { ackId: 5 });
    await expect(client.sendEvent("e", 2, "json", { ackId: 5 })).rejects.toEqual(
      failing("ERR_INVALID_ARGUMENT", { ackId: 5 }),
    );
    east.latest?.send({ type: "ack", ackId: 5, success: true });
    expect(await one).toEqual({ ackId: 5, isDuplicated: false });
  });
});
