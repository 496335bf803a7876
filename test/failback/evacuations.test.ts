import { Evacuations } from "../../src/failback/evacuations.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import type { Endpoint } from "../../src/service/endpoint.ts";
import { assemble } from "../support/assemble.ts";
import { closeAfterTest, useFakeTime } from "../support/clean-up.ts";
import { checksOf, recordingMonitor } from "./support/evidence.ts";
import { type Behaviour, Service } from "./support/service.ts";

useFakeTime({ now: new Date("2026-03-29T01:00:00.300Z") });

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

/** An app server with the endpoints eastus, westus and northeurope, all of which are up. */
function startServer(services: Record<string, Service>) {
  const names = ["eastus", "westus", "northeurope"];
  const configuration = parseOptions({
    hub: "chat",
    endpoints: names.map((name) => ({
      name,
      role: name === "eastus" ? "primary" : "secondary",
      connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    })),
    negotiate: { allowAnonymous: true },
  });
  const events = new TypedEvents();
  const endpoints = configuration.endpoints.map((config) => ({
    name: config.name,
    config,
    client: (services[config.name] ?? new Service()).client(),
    close: async () => {},
  }));
  const log: string[] = [];
  events.on("endpointDrained", ({ endpoint }) => void log.push(`drained ${endpoint}`));
  events.on("evacuationClosing", ({ endpoint, closed }) => {
    log.push(`closing on ${endpoint}: ${closed}`);
  });
  events.on(
    "evacuationDone",
    ({ endpoint, closed }) => void log.push(`done ${endpoint}: ${closed}`),
  );
  events.on("evacuationStopped", ({ endpoint, closed }) => {
    log.push(`stopped ${endpoint}: ${closed}`);
  });
  events.on("evacuationFailed", ({ endpoint, error }) => {
    log.push(`failed ${endpoint}: ${(error as Error).message}`);
  });
  const { monitor, reports } = recordingMonitor();
  const context = assemble(configuration, {
    endpoints: endpoints as unknown as Endpoint[],
    events,
    monitor,
  });
  const { registry } = context;
  const probe = checksOf(registry);
  for (const name of names) probe(name, true);
  const evacuations = closeAfterTest(new Evacuations(context));
  return { evacuations, context, registry, log, reports, probe };
}

type Server = ReturnType<typeof startServer>;

function occupied(count: number, behaviour: Behaviour = {}): Service {
  const service = new Service();
  service.connect(count);
  service.behaviour = behaviour;
  return service;
}

function othersFail({ probe }: Server, times: number): void {
  for (const name of ["westus", "northeurope"]) probe(name, false, times);
}

const atFive = { connectionsPerSecond: 5 };

describe("an endpoint that is evacuated", () => {
  it("is drained at once, and everybody on it is closed at the pace, told where to, until it is empty", async () => {
    const eastus = occupied(12);
    const { evacuations, log } = startServer({ eastus });
    const evacuation = evacuations.evacuate("eastus", atFive);
    expect([evacuation.endpoint, log]).toEqual(["eastus", ["drained eastus"]]);
    await pass(5000);
    expect(eastus.closedEachSecond).toEqual([5, 5, 2]);
    for (const { at, reason } of eastus.closings) {
      expect(reason).toBe("moved: westus");
      expect(at % 1000).toBeGreaterThanOrEqual(400);
    }
    expect(log.slice(1)).toEqual([
      "closing on eastus: 5",
      "closing on eastus: 5",
      "closing on eastus: 2",
      "done eastus: 12",
    ]);
    expect(await evacuation.done).toEqual({ isEmpty: true, closed: 12 });
  });

  it.each<[string, Behaviour, number]>([
    ["nobody but those who are closed, while that works", {}, 0],
    ["as many as are not closed, when closing fails", { closing: "fails" }, 20],
  ])("lets go of those who ask: %s", async (_, behaviour, expected) => {
    const { evacuations, registry } = startServer({ eastus: occupied(1000, behaviour) });
    const eastus = registry.get("eastus");
    expect(eastus.evacuation).toBeUndefined();
    const { stop } = evacuations.evacuate("eastus", atFive);
    let left = 0;
    // The first second is over before anybody is closed.
    await pass(1700);
    while (eastus.evacuation?.admit());
    for (let second = 0; second < 4; second += 1) {
      await pass(1000);
      while (eastus.evacuation?.admit()) left += 1;
    }
    expect(left).toBe(expected);
    stop();
    expect(eastus.evacuation).toBeUndefined();
  });

  it("tells beforehand how many clients it has and how long that takes, for each pace", async () => {
    const { evacuations, context, log } = startServer({ eastus: occupied(12) });
    const eastus = context.registry.get("eastus");
    for (let client = 0; client < 12; client += 1) context.census?.count(eastus, client);
    const told: unknown[] = [];
    context.events.on("evacuationStarted", (event) => void told.push(event));
    const early = evacuations.evacuate("eastus", atFive);
    expect([early.clients, early.expectedInMs]).toEqual([undefined, undefined]);
    early.stop();
    await pass(20_000);
    const evacuation = evacuations.evacuate("eastus", atFive);
    expect([evacuation.clients, evacuation.expectedInMs]).toEqual([12, 2400]);
    evacuations.evacuate("eastus", { connectionsPerSecond: 3 });
    expect(evacuation.expectedInMs).toBe(4000);
    const common = { endpoint: "eastus", clients: 12 };
    expect(told.slice(1)).toEqual([
      { ...common, connectionsPerSecond: 5, expectedInMs: 2400 },
      { ...common, connectionsPerSecond: 3, expectedInMs: 4000 },
    ]);
    expect(log.at(-1)).toBe("stopped eastus: 0");
  });

  it("where nobody is, is done at once", async () => {
    const { evacuations, log } = startServer({});
    const { done } = evacuations.evacuate("westus", atFive);
    await pass(1000);
    expect(await done).toEqual({ isEmpty: true, closed: 0 });
    expect(log).toEqual(["drained westus", "done westus: 0"]);
  });

  it("is watched on: whoever comes with a token from before is closed as well", async () => {
    const eastus = occupied(3);
    const { evacuations, log } = startServer({ eastus });
    const { done } = evacuations.evacuate("eastus", atFive);
    await pass(3000);
    eastus.connect(2, "latecomer");
    await pass(12_000);
    expect(eastus.everybody.size).toBe(0);
    expect(log.slice(-2)).toEqual(["closing on eastus: 2", "done eastus: 5"]);
    expect(await done).toEqual({ isEmpty: true, closed: 3 });
  });

  it("asks for everybody only when too few are known, and only for those it does not know", async () => {
    const eastus = occupied(20);
    const { evacuations } = startServer({ eastus });
    evacuations.evacuate("eastus", atFive);
    await pass(4000);
    expect(eastus.gatherings.map(({ filter }) => filter)).toEqual([
      "not ('resilient-pubsub.evacuated' in groups)",
    ]);
    await pass(3600_000);
    const looks = eastus.listings.length;
    await pass(600_000);
    expect(eastus.listings.length - looks).toBeLessThanOrEqual(6);
  });

  it("gets a new pace by a second order, which is the same evacuation", async () => {
    const eastus = occupied(200);
    const { evacuations, log } = startServer({ eastus });
    const first = evacuations.evacuate("eastus", { connectionsPerSecond: 1 });
    await pass(2500);
    expect(evacuations.evacuate("eastus", { connectionsPerSecond: 50 })).toBe(first);
    await pass(2000);
    expect(Math.max(...eastus.closedEachSecond)).toBe(50);
    expect(log.filter((line) => line.startsWith("drained"))).toEqual(["drained eastus"]);
  });

  it("goes on beside another one, each at its own pace", async () => {
    const eastus = occupied(10);
    const westus = occupied(10);
    const { evacuations } = startServer({ eastus, westus });
    const both = [
      evacuations.evacuate("eastus", { connectionsPerSecond: 5 }),
      evacuations.evacuate("westus", { connectionsPerSecond: 2 }),
    ];
    await pass(7000);
    expect(await Promise.all(both.map(({ done }) => done))).toEqual([
      { isEmpty: true, closed: 10 },
      { isEmpty: true, closed: 10 },
    ]);
    expect([eastus.closedEachSecond, westus.closedEachSecond]).toEqual([
      [5, 5],
      [2, 2, 2, 2, 2],
    ]);
    expect(new Set(westus.closings.map(({ reason }) => reason))).toEqual(
      new Set(["moved: northeurope"]),
    );
  });

  it("may be closed by ten servers at the pace of one", async () => {
    const eastus = occupied(100);
    for (let index = 0; index < 10; index += 1) {
      startServer({ eastus }).evacuations.evacuate("eastus", { connectionsPerSecond: 10 });
    }
    await pass(13_000);
    expect(eastus.everybody.size).toBe(0);
    expect(Math.max(...eastus.closedEachSecond)).toBeLessThanOrEqual(10);
  });
});

describe("an evacuation ends at once, in the middle of a second,", () => {
  it.each<[string, (server: Server, stop: () => void) => void]>([
    ["by stop", (_, stop) => stop()],
    ["by undrain", ({ registry }) => registry.undrain("eastus")],
    ["by the end of a removal", ({ registry }) => registry.release(registry.remove("eastus"))],
    ["when the plugin is closed", ({ evacuations }) => void evacuations.close()],
  ])("%s", async (_, end) => {
    const eastus = occupied(400);
    const server = startServer({ eastus });
    const evacuation = server.evacuations.evacuate("eastus", { connectionsPerSecond: 100 });
    await pass(1300);
    const { length } = eastus.closings;
    expect(length % 100).toBeGreaterThan(10);
    end(server, () => evacuation.stop());
    await pass(30_000);
    evacuation.stop();
    expect(eastus.closings.length).toBe(length);
    const { isEmpty, closed } = await evacuation.done;
    expect([isEmpty, length - closed]).toEqual([false, expect.any(Number)]);
    expect(length - closed).toBeLessThanOrEqual(3);
    expect(server.log.at(-1)).toBe(`stopped eastus: ${closed}`);
  });

  it("and leaves the endpoint drained when it is stopped; a new order goes on", async () => {
    const eastus = occupied(20);
    const { evacuations, registry } = startServer({ eastus });
    const first = evacuations.evacuate("eastus", atFive);
    await pass(2000);
    first.stop();
    expect(registry.get("eastus").drained).toBe(true);
    const second = evacuations.evacuate("eastus", { connectionsPerSecond: 50 });
    await pass(3000);
    expect((await second.done).isEmpty).toBe(true);
    expect(eastus.everybody.size).toBe(0);
  });
});

describe("nobody is closed", () => {
  it.each<[string, (server: Server) => void, (server: Server) => void]>([
    [
      "while no other endpoint can take clients",
      (server) => othersFail(server, 2),
      ({ probe }) => probe("westus", true),
    ],
    [
      "while the others are in doubt",
      (server) => othersFail(server, 1),
      ({ probe }) => probe("westus", true, 1),
    ],
    [
      "while the endpoint itself is down",
      ({ probe }) => probe("eastus", false),
      ({ probe }) => probe("eastus", true),
    ],
  ])("%s", async (_, breakIt, mendIt) => {
    const eastus = occupied(400);
    const server = startServer({ eastus });
    const { done } = server.evacuations.evacuate("eastus", { connectionsPerSecond: 100 });
    await pass(1300);
    const { length } = eastus.closings;
    breakIt(server);
    await pass(30_000);
    expect(eastus.closings.length).toBe(length);
    mendIt(server);
    await pass(20_000);
    expect((await done).isEmpty).toBe(true);
  });
});

describe("a call that fails", () => {
  const refused = { message: "The service refused or failed (status 503)", label: "status 503" };
  const late = (ms: number) => ({
    message: `No answer within ${ms} ms`,
    label: "ERR_DEADLINE_EXCEEDED",
  });
  it.each<[string, Behaviour, typeof refused]>([
    ["a list that is refused", { listing: "fails" }, refused],
    ["a list that hangs", { listing: "hangs" }, late(2000)],
    ["everybody not gathered", { gathering: "fails" }, refused],
    ["everybody not gathered in time", { gathering: "hangs" }, late(5000)],
    ["a closing that is refused", { closing: "fails" }, refused],
  ])("(%s) is evidence and an event, and it is tried again", async (_, behaviour, told) => {
    const eastus = occupied(5, behaviour);
    const { evacuations, log, reports } = startServer({ eastus });
    const { done } = evacuations.evacuate("eastus", atFive);
    await pass(8000);
    expect(reports).toContain(`eastus: ${told.label}`);
    expect(log).toContain(`failed eastus: ${told.message}`);
    expect(log.join()).not.toContain("done");
    eastus.behaviour = {};
    await pass(15_000);
    expect((await done).isEmpty).toBe(true);
  });
});

describe("an order to evacuate is refused, and changes nothing,", () => {
  it.each<[string, (server: Server) => unknown, object]>([
    [
      "when every other endpoint is down, drained or leaving",
      ({ evacuations, registry, probe }) => {
        registry.drain("westus");
        probe("northeurope", false);
        return evacuations.evacuate("eastus", atFive);
      },
      {
        code: "ERR_NO_HEALTHY_ENDPOINT",
        message: expect.stringContaining('("westus" is drained) ("northeurope" is refused)'),
      },
    ],
    [
      "for a name that does not exist",
      ({ evacuations }) => evacuations.evacuate("mars", atFive),
      { code: "ERR_UNKNOWN_ENDPOINT" },
    ],
    [
      "without a pace",
      ({ evacuations }) => evacuations.evacuate("eastus", undefined),
      { code: "ERR_INVALID_OPTIONS", message: expect.stringContaining("give an object") },
    ],
    [
      "at a pace that never closes anybody",
      ({ evacuations }) => evacuations.evacuate("eastus", { connectionsPerSecond: 0 }),
      { message: expect.stringContaining("connectionsPerSecond: got 0; give the most") },
    ],
    [
      "at no pace at all",
      ({ evacuations }) =>
        evacuations.evacuate("eastus", { connectionsPerSecond: Number.POSITIVE_INFINITY }),
      { message: expect.stringContaining("connectionsPerSecond: got Infinity") },
    ],
    [
      "with an option that does not exist",
      ({ evacuations }) => evacuations.evacuate("eastus", { ...atFive, perSecond: 5 }),
      { message: expect.stringContaining("perSecond: unknown option") },
    ],
  ])("%s", (_, order, error) => {
    const server = startServer({});
    expect(() => order(server)).toThrow(expect.objectContaining(error));
    expect(server.registry.get("eastus").drained).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it("where servers agree on an endpoint, which is for switchTo", () => {
    const { context } = startServer({});
    const agreed = {
      agreement: undefined,
      active: undefined,
      isStoreLost: false,
      servers: 1,
      changed: new Promise<void>(() => {}),
    };
    const evacuations = closeAfterTest(new Evacuations({ ...context, agreed }));
    expect(() => evacuations.evacuate("eastus", atFive)).toThrow(
      expect.objectContaining({
        code: "ERR_WRONG_TOPOLOGY",
        message: expect.stringContaining("coordination.switchTo"),
      }),
    );
  });
});
