import type { EndpointOptions } from "express-resilient-pubsub";
import { endpointsControl } from "../../src/endpoints/endpoints-control.ts";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { useFakeTime } from "../support/clean-up.ts";
import { logEvents } from "../support/event-log.ts";

useFakeTime({ mayLeaveTimers: true });

function options(name: string, host = name) {
  const role = name.startsWith("p") ? ("primary" as const) : ("secondary" as const);
  return { name, role, connectionString: `Endpoint=https://${host}.example;AccessKey=k` };
}

/** Two endpoints, `p1` and `s1`, that are healthy. */
function setUp() {
  const events = new TypedEvents();
  const configuration = parseOptions({
    hub: "chat",
    endpoints: ["p1", "s1"].map((name) => options(name)),
    negotiate: { allowAnonymous: true },
  });
  const endpoints = configuration.endpoints.map((endpoint) => createEndpoint(endpoint, "chat"));
  const registry = new EndpointRegistry(endpoints, { fall: 1, rise: 1 }, events);
  let sequence = 0;
  const answers = (name: string) => {
    const endpoint = registry.get(name);
    registry.recordProbe(endpoint, ++sequence, { ok: true }, { at: 0, durationInMs: 1 });
  };
  for (const { name } of endpoints) answers(name);
  const monitor = { check: jest.fn(async () => {}), unwatch: jest.fn() };
  const parts = { configuration, registry, monitor };
  const log = logEvents(events);
  const destroyed: string[] = [];
  for (const { name, endpoint } of registry.all()) {
    jest.spyOn(endpoint.agent, "destroy").mockImplementation(() => void destroyed.push(name));
  }
  const { control, close } = endpointsControl(parts);
  const flags = () =>
    control.snapshot().map(({ name, joining, leaving, drained, forced }) => {
      const set = Object.entries({ joining, leaving, drained, forced }).filter(([, on]) => on);
      return [name, ...set.map(([flag]) => flag)].join(" ");
    });
  return { control, close, registry, monitor, log, flags, answers, destroyed };
}

describe("an endpoint that is removed", () => {
  it.each<[string, object | undefined, number]>([
    ["by default after 10 s", undefined, 10_000],
    ["after the time that is asked for", { fanOutForInMs: 500 }, 500],
  ])("is out of negotiate at once, and gone %s", async (_, removeOptions, graceInMs) => {
    const { control, registry, monitor, log, flags, destroyed } = setUp();
    const removed = registry.get("p1");
    control.remove("p1", removeOptions);
    expect(flags()).toEqual(["p1 leaving", "s1"]);
    expect([removed.isUsable, removed.state]).toEqual([false, "healthy"]);
    expect(log).toEqual(["endpointLeaving p1", "failover p1 -> s1 (removed)"]);
    await jest.advanceTimersByTimeAsync(graceInMs - 1);
    expect([destroyed, monitor.unwatch.mock.calls]).toEqual([[], []]);
    await jest.advanceTimersByTimeAsync(1);
    expect(flags()).toEqual(["s1"]);
    expect(log.slice(2)).toEqual(["endpointRemoved p1"]);
    expect([destroyed, monitor.unwatch.mock.calls]).toEqual([["p1"], [[removed]]]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("is known as one that was removed, until another one has its name", async () => {
    const { control, registry } = setUp();
    const removed = () => ["p1", "s1"].map((name) => registry.hasRemoved(name));
    expect(removed()).toEqual([false, false]);
    control.remove("p1");
    await jest.advanceTimersByTimeAsync(60_000);
    expect(removed()).toEqual([true, false]);
    control.add(options("p1"));
    expect(removed()).toEqual([false, false]);
  });

  it("without a grace is gone at once", () => {
    const { control, log, flags, destroyed } = setUp();
    control.remove("s1", { fanOutForInMs: 0 });
    expect([flags(), log, destroyed]).toEqual([
      ["p1"],
      ["endpointLeaving s1", "endpointRemoved s1"],
      ["s1"],
    ]);
  });

  it("holds up nothing when the plugin is closed", () => {
    const { control, close } = setUp();
    control.remove("p1");
    close();
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([
    ["its name", "p1", "elsewhere"],
    ["its URL", "p2", "p1"],
  ])("gives %s free for another one, and is gone then", async (_, name, host) => {
    const { control, log, flags, destroyed } = setUp();
    control.remove("p1");
    control.add(options(name, host));
    expect(flags()).toEqual(["s1", `${name} joining`]);
    expect(log.slice(2)).toEqual(["endpointRemoved p1", `endpointAdded ${name}`]);
    expect(destroyed).toEqual(["p1"]);
    await jest.advanceTimersByTimeAsync(60_000);
    expect([flags().length, log.length, destroyed.length]).toEqual([2, 4, 1]);
  });

  it("stays as it is when the other one is refused for another reason", () => {
    const { control, flags } = setUp();
    control.remove("p1");
    expect(() => control.add(options("p1", "s1"))).toThrow('is taken by "s1"');
    expect(flags()).toEqual(["p1 leaving", "s1"]);
  });
});

describe("an endpoint that is added", () => {
  it("is checked at once, and used when it has been found healthy", () => {
    const { control, registry, monitor, log, flags, answers } = setUp();
    control.add(options("p2"));
    const added = registry.get("p2");
    expect(monitor.check).toHaveBeenCalledWith(added);
    expect([flags()[2], added.isUsable]).toEqual(["p2 joining", false]);
    answers("p2");
    expect([flags()[2], added.isUsable]).toEqual(["p2", true]);
    expect(log).toEqual(["endpointAdded p2", "endpointUp p2", "failback p1 -> p2"]);
  });

  it("drained takes part in broadcasts only, until undrain", () => {
    const { control, registry, log, answers } = setUp();
    control.add(options("p2"), { drained: true });
    answers("p2");
    const { state, isUsable } = registry.get("p2");
    expect([state, isUsable]).toEqual(["healthy", false]);
    control.undrain("p2");
    expect(log).toEqual([
      "endpointAdded p2",
      "endpointDrained p2",
      "endpointUp p2",
      "endpointUndrained p2",
      "failback p1 -> p2",
    ]);
  });
});

it("the forced endpoint shows in the snapshot, one at a time, until it is cleared", () => {
  const { control, flags } = setUp();
  control.forceFailover("s1");
  expect(flags()).toEqual(["p1", "s1 forced"]);
  control.forceFailover("p1");
  expect(flags()).toEqual(["p1 forced", "s1"]);
  control.drain("p1");
  expect(flags()).toEqual(["p1 drained forced", "s1"]);
  control.clearForce();
  expect(flags()).toEqual(["p1 drained", "s1"]);
});

describe("the origins that pages connect to are", () => {
  it("those of all endpoints, whatever their state, in the order of configuration", () => {
    const { control } = setUp();
    control.drain("p1");
    expect(control.clientOrigins()).toEqual(["wss://p1.example", "wss://s1.example"]);
    control.add(options("s2"));
    control.remove("p1", { fanOutForInMs: 0 });
    expect(control.clientOrigins()).toEqual(["wss://s1.example", "wss://s2.example"]);
  });

  it.each<[string, Partial<EndpointOptions>, string]>([
    ["a front door", { clientEndpoint: "https://front.example" }, "wss://front.example"],
    [
      "a front door by wss",
      { clientEndpoint: "wss://front.example:8443" },
      "wss://front.example:8443",
    ],
    [
      "a proxy for calls alone",
      { reverseProxyEndpoint: "https://proxy.example" },
      "wss://s2.example",
    ],
    ["what is on this machine", { clientEndpoint: "http://127.0.0.1:8080" }, "ws://127.0.0.1:8080"],
  ])("where clients are sent to %s, that of it", (_, more, origin) => {
    const { control } = setUp();
    control.add({ ...options("s2"), ...more });
    expect(control.clientOrigins().at(-1)).toBe(origin);
  });

  it("told once where endpoints share one", () => {
    const { control } = setUp();
    for (const name of ["s2", "s3"])
      control.add({ ...options(name), clientEndpoint: "https://front.example" });
    expect(control.clientOrigins().slice(2)).toEqual(["wss://front.example"]);
  });
});

describe("an order that cannot be carried out is refused, and changes nothing:", () => {
  it.each<[string, (control: ReturnType<typeof setUp>["control"]) => void, string]>([
    ["an unknown name", (control) => control.forceFailover("p9"), 'No endpoint is called "p9"'],
    [
      "a grace that is no duration",
      (control) => control.remove("p1", { fanOutForInMs: -1 }),
      "fanOutForInMs: got -1; give a whole number of milliseconds",
    ],
    [
      "an option that does not exist",
      (control) => control.remove("p1", { grace: 1 } as object),
      "grace: unknown option; the options here are fanOutForInMs",
    ],
    [
      "a drained that is no flag",
      (control) => control.add(options("p2"), { drained: "yes" } as object),
      'drained: got "yes"; give true or false',
    ],
  ])("%s", (_, order, message) => {
    const { control, log, flags } = setUp();
    expect(() => order(control)).toThrow(message);
    expect([flags(), log]).toEqual([["p1", "s1"], []]);
  });
});
