import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { type Behaviour, ScriptedService, type ServiceClient } from "./support/scripted-service.ts";

const once = { autoReconnect: false };

async function connect(behaviour: Behaviour = {}, options: object = once) {
  const east = await ScriptedService.start(behaviour);
  const routing = new ScriptedNegotiate({ east, west: east });
  const made = makeClient(routing.negotiate, options);
  await made.client.start();
  return { ...made, east, routing, asked: routing.asked };
}

describe("a client that does not reconnect", () => {
  it.each<[string, Behaviour, (connection: ServiceClient) => void, string]>([
    ["was closed for good", {}, (it) => it.close(1000), "closed-by-service"],
    [
      "was cut, and is not known any more",
      { recover: (it) => it.close(1008) },
      (it) => it.cut(),
      "connection-lost",
    ],
    [
      "was cut without the reliable protocol",
      { greet: (it) => it.greet("c", null) },
      (it) => it.cut(),
      "connection-lost",
    ],
  ])("stops when its connection %s", async (_, behaviour, end, code) => {
    const { client, east, events, asked } = await connect(behaviour);
    east.behaviour = { ...behaviour, answer: () => {} };
    const calling = client.sendEvent("e", 1, "json").catch((error) => error.code);
    if (east.latest) end(east.latest);
    await until(() => events.stopped.length);
    expect(events.disconnected.map((event) => event.code)).toEqual([code]);
    expect(events.stopped).toEqual([{ code: "gave-up" }]);
    expect([client.state, asked]).toEqual(["stopped", [""]]);
    expect(await calling).toMatch(/^ERR_OUTCOME_UNKNOWN$|^ERR_CLIENT_STOPPED$/);
  });

  it("recovers a connection that was cut, and asks whether to stay", async () => {
    const { client, east, events, asked } = await connect();
    east.latest?.cut();
    await until(
      () => east.clients.length === 2 && client.state === "connected" && asked.length === 2,
    );
    expect([events.stopped, events.disconnected, asked]).toEqual([[], [], ["", ""]]);
  });

  it("does not look for another endpoint while a recovery is refused", async () => {
    const { client, east, events, asked } = await connect(
      { recover: (it) => it.cut() },
      {
        ...once,
        recoveryTimeoutInMs: 300,
      },
    );
    east.latest?.cut();
    await until(() => events.stopped.length);
    expect(events.disconnected.map(({ code }) => code)).toEqual(["connection-lost"]);
    expect([client.state, asked]).toEqual(["stopped", [""]]);
  });

  it("stops when it is told to be elsewhere after a recovery", async () => {
    const { east, events, routing } = await connect();
    routing.sendTo("west");
    east.latest?.cut();
    await until(() => events.stopped.length);
    expect(events.disconnected.map(({ code }) => code)).toEqual(["moved"]);
    expect(events.stopped).toEqual([{ code: "gave-up" }]);
  });

  it("rejects its start with what went wrong at the first attempt, and can be started again", async () => {
    const east = await ScriptedService.start({ greet: (it) => it.close(1008) });
    const { client, events } = makeClient(new ScriptedNegotiate({ east }).negotiate, once);
    const error = await client.start().catch((error) => error);
    expect(error).toMatchObject({ code: "ERR_CONNECT_FAILED", endpoint: "east" });
    expect(events.stopped).toEqual([{ code: "gave-up", error }]);
    expect(events["connect-failed"]).toEqual([
      { error, endpoint: "east", retryInMs: Number.POSITIVE_INFINITY },
    ]);
    east.behaviour = {};
    await client.start();
    expect(client.state).toBe("connected");
  });
});
