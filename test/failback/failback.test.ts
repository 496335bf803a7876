import { Failback } from "../../src/failback/failback.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import type { Endpoint } from "../../src/service/endpoint.ts";
import { assemble } from "../support/assemble.ts";
import { closeAfterTest, useFakeTime } from "../support/clean-up.ts";
import { checksOf, recordingMonitor } from "./support/evidence.ts";
import { type Behaviour, Service } from "./support/service.ts";

const HOLD_DOWN = 10_000;
const AT_START = new Date("2026-03-29T01:00:00.300Z");

useFakeTime({ now: AT_START });

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

interface Setting {
  pace?: number | false;
  /** Whether the primary has as many clients as it may have. */
  isFull?: () => boolean;
  latencyInMs?: number;
}

/** One app server whose primary is eastus, and both regions are up; displaced clients are on `westus`. */
function startServer(westus: Service, { pace = 5, latencyInMs = 5, isFull }: Setting = {}) {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: ["eastus", "westus"].map((name, index) => ({
      name,
      role: index === 0 ? "primary" : "secondary",
      connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
    })),
    negotiate: { allowAnonymous: true },
    failback: {
      holdDownInMs: HOLD_DOWN,
      close: pace === false ? false : { connectionsPerSecond: pace },
    },
  });
  const events = new TypedEvents();
  const endpoints = configuration.endpoints.map((config) => ({
    name: config.name,
    config,
    client: westus.client(latencyInMs),
  }));
  const log: string[] = [];
  events.on("failbackPlanned", (plan) => void log.push(`planned ${JSON.stringify(plan)}`));
  events.on("failbackClosing", ({ from, to, closed }) => {
    log.push(`closing ${from} -> ${to}: ${closed}`);
  });
  events.on("failbackDone", ({ from, to, closed }) => {
    log.push(`done ${from} -> ${to}: ${closed}`);
  });
  events.on("failbackFailed", ({ error }) => void log.push(`failed: ${(error as Error).message}`));
  const { monitor, reports } = recordingMonitor();
  const context = assemble(configuration, {
    endpoints: endpoints as unknown as Endpoint[],
    events,
    monitor,
  });
  const { census, registry } = context;
  if (census && isFull) census.isFull = ({ name }) => name === "eastus" && isFull();
  const failback = new Failback(context);
  closeAfterTest(failback);
  const probe = checksOf(registry);
  failback.start();
  probe("eastus", true);
  probe("westus", true);
  return { failback, census, registry, log, reports, probe };
}

function secondary(displaced: number, behaviour: Behaviour = {}): Service {
  const service = new Service();
  service.displace("eastus", displaced);
  service.behaviour = behaviour;
  return service;
}

describe("when a primary has been up for the hold-down", () => {
  it("displaced clients are closed at the pace, in each second's latter half, with a reason", async () => {
    const westus = secondary(12);
    const { log } = startServer(westus);
    await pass(HOLD_DOWN - 1);
    expect(westus.listings).toEqual([]);
    await pass(5000);
    expect(westus.closedEachSecond).toEqual([5, 5, 2]);
    for (const { at, reason } of westus.closings) {
      expect(reason).toBe("failback: eastus");
      expect(at % 1000).toBeGreaterThanOrEqual(400);
    }
    expect(log).toEqual([
      "closing westus -> eastus: 5",
      "closing westus -> eastus: 5",
      "closing westus -> eastus: 2",
      "done westus -> eastus: 12",
    ]);
  });

  it("it is told when the primary is back: from when on, how many, and how long that takes", async () => {
    const westus = secondary(12);
    const { census, log, probe, registry } = startServer(westus);
    probe("eastus", false);
    await pass(1000);
    for (let client = 0; client < 12; client += 1) census?.count(registry.get("westus"), client);
    await pass(30_000);
    expect(log).toEqual([]);
    probe("eastus", true);
    expect(log.map((line) => JSON.parse(line.replace("planned ", "")))).toEqual([
      {
        from: "westus",
        to: "eastus",
        afterInMs: HOLD_DOWN,
        connectionsPerSecond: 5,
        clients: 12,
        expectedInMs: 2400,
      },
    ]);
    await pass(HOLD_DOWN - 1);
    expect(westus.closings).toEqual([]);
    registry.force("westus");
    await pass(60_000);
    expect(westus.closings).toEqual([]);
    registry.clearForce();
    await pass(HOLD_DOWN + 5000);
    expect(westus.closedEachSecond).toEqual([5, 5, 2]);
  });

  it("nobody is closed while the primary is full", async () => {
    const westus = secondary(12);
    let full = true;
    startServer(westus, { isFull: () => full });
    await pass(HOLD_DOWN + 20_000);
    expect(westus.closings).toEqual([]);
    full = false;
    await pass(11_000);
    full = true;
    const { length } = westus.closings;
    expect(length).toBeGreaterThan(0);
    await pass(20_000);
    expect(westus.closings.length).toBe(length);
  });

  it("a pace below one client a second is kept as well", async () => {
    const westus = secondary(10);
    startServer(westus, { pace: 0.25 });
    await pass(HOLD_DOWN + 20_000);
    expect(westus.closings.length).toBeGreaterThanOrEqual(4);
    expect(westus.closings.length).toBeLessThanOrEqual(5);
  });

  it("displaced clients of other primaries are left alone", async () => {
    const westus = secondary(0);
    westus.displace("northeurope", 5);
    startServer(westus);
    await pass(HOLD_DOWN + 20_000);
    expect(westus.closings).toEqual([]);
  });

  it("displaced clients are looked for every 10 s for a token's life, then every 5 min, while there are none", async () => {
    const westus = secondary(0);
    startServer(westus);
    await pass(HOLD_DOWN + 60_000);
    expect(westus.listings.length).toBeGreaterThanOrEqual(5);
    expect(westus.listings.length).toBeLessThanOrEqual(8);
    await pass(3_600_000);
    const before = westus.listings.length;
    await pass(3_600_000);
    expect(westus.listings.length - before).toBe(12);
    westus.displace("eastus", 3);
    await pass(301_000);
    expect(westus.displaced).toBe(0);
  });

  it("a list that takes longer than the second slows the closing down, but does not stop it", async () => {
    const westus = secondary(12);
    startServer(westus, { latencyInMs: 1500 });
    await pass(HOLD_DOWN + 15_000);
    expect(westus.displaced).toBe(0);
    expect(Math.max(...westus.closedEachSecond)).toBeLessThanOrEqual(5);
  });
});

it("whatever the wall clock does, a server lists at the beginning of a second or not at all", async () => {
  const westus = secondary(400);
  startServer(westus, { pace: 10 });
  await pass(HOLD_DOWN + 1000);
  for (const jumpInMs of [450, 3_600_300, -7_200_700]) {
    // Between two turns, when the timer of the next one is set.
    await pass((1960 - (Date.now() % 1000)) % 1000);
    const { length } = westus.listings;
    jest.setSystemTime(Date.now() + jumpInMs);
    await pass(5000);
    expect(westus.listings.length - length).toBeGreaterThanOrEqual(4);
  }
  expect(Math.max(...westus.listings.map((at) => at % 1000))).toBeLessThanOrEqual(200);
});

it("failback that is switched off asks nothing and has no timer", async () => {
  const westus = secondary(5);
  startServer(westus, { pace: false });
  expect(jest.getTimerCount()).toBe(0);
  await pass(HOLD_DOWN + 20_000);
  expect(westus.listings).toEqual([]);
});

describe("failback stops at once, in the middle of a second,", () => {
  type Server = ReturnType<typeof startServer>;
  it.each<[string, (server: Server) => void, (server: Server) => void, number]>([
    [
      "when the primary goes down; it is back after the hold-down",
      ({ probe }) => probe("eastus", false),
      ({ probe }) => probe("eastus", true),
      HOLD_DOWN,
    ],
    [
      "when the primary is drained; it is back after the hold-down",
      ({ registry }) => registry.drain("eastus"),
      ({ registry }) => registry.undrain("eastus"),
      HOLD_DOWN,
    ],
    [
      "while a single answer speaks against the primary",
      ({ probe }) => probe("eastus", false, 1),
      ({ probe }) => probe("eastus", true, 1),
      0,
    ],
    [
      "while the secondary is down",
      ({ probe }) => probe("westus", false),
      ({ probe }) => probe("westus", true),
      0,
    ],
  ])("%s", async (_, breakIt, mendIt, waitInMs) => {
    const westus = secondary(400);
    const server = startServer(westus, { pace: 100 });
    await pass(HOLD_DOWN + 1300 - (Date.now() % 1000) + 350);
    const { length } = westus.closings;
    expect(length % 100).toBeGreaterThan(10);
    breakIt(server);
    await pass(30_000);
    expect(westus.closings.length).toBe(length);
    mendIt(server);
    await pass(waitInMs > 0 ? waitInMs - 1 : 0);
    expect(westus.closings.length).toBe(length);
    await pass(20_000);
    expect(westus.displaced).toBe(0);
  });
});

it("a server that starts anew goes on closing where the last one ended", async () => {
  const westus = secondary(20);
  const { failback } = startServer(westus);
  await pass(HOLD_DOWN + 2000);
  await failback.close();
  const left = westus.displaced;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(20);
  await pass(20_000);
  expect(westus.displaced).toBe(left);
  startServer(westus);
  await pass(HOLD_DOWN + 5000);
  expect(westus.displaced).toBe(0);
});

it("ten servers that know nothing of each other close at the pace of one", async () => {
  const westus = secondary(200);
  for (let index = 0; index < 10; index += 1) {
    // Lists take a different time for each of them, up to a third of a second.
    startServer(westus, { pace: 10, latencyInMs: 5 + index * 35 });
  }
  await pass(HOLD_DOWN + 23_000);
  expect(westus.displaced).toBe(0);
  expect(Math.max(...westus.closedEachSecond)).toBeLessThanOrEqual(10);
  expect(new Set(westus.closings.map(({ id }) => id)).size).toBe(200);
  expect(westus.closings.length).toBeLessThanOrEqual(200 * 10);
});

describe("a call that fails", () => {
  const refused = { message: "The service refused or failed (status 503)", label: "status 503" };
  const late = { message: "No answer within 2000 ms", label: "ERR_DEADLINE_EXCEEDED" };
  it.each<[string, Behaviour, typeof refused]>([
    ["a list that is refused", { listing: "fails" }, refused],
    ["a list that hangs", { listing: "hangs" }, late],
    ["a closing that is refused", { closing: "fails" }, refused],
    ["a closing that hangs", { closing: "hangs" }, late],
  ])("%s is evidence and an event; it is tried again 10 s later", async (_, behaviour, told) => {
    const westus = secondary(5, behaviour);
    const { log, reports } = startServer(westus);
    await pass(HOLD_DOWN + 5000);
    expect(reports).toContain(`westus: ${told.label}`);
    expect(log).toContain(`failed: ${told.message}`);
    expect(westus.listings.length).toBeLessThanOrEqual(2);
    westus.behaviour = {};
    await pass(15_000);
    expect(westus.displaced).toBe(0);
  });

  it("under way when the server is closed is ended, and is no evidence", async () => {
    const westus = secondary(5, { listing: "hangs" });
    const { failback, reports, log } = startServer(westus);
    await pass(HOLD_DOWN + 1000);
    expect(westus.listings.length).toBe(1);
    await failback.close();
    expect(jest.getTimerCount()).toBe(0);
    expect({ reports, log }).toEqual({ reports: [], log: [] });
  });
});
