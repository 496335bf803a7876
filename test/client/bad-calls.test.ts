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
    await expect(call(client)).rejects.toEqual(failing("ERR_INVALID_ARGUMENT"));
    await client.joinGroup("fine");
    expect(east.latest?.received).toEqual([
      { type: "joinGroup", group: "fine", ackId: expect.anything() },
    ]);
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
