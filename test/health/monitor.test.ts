import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import type { CanaryResult } from "../../src/health/canary.ts";
import type { Probes } from "../../src/health/endpoint-watch.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import type { ProbeResult } from "../../src/health/probe.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import type { HealthConfiguration } from "../../src/options/parse-options.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { closeAfterTest, useFakeTime } from "../support/clean-up.ts";

const SETTINGS: HealthConfiguration = {
  schedule: false,
  timeoutInMs: 2000,
  fall: 2,
  rise: 2,
  transitionIntervalInMs: 250,
  onDemandMaxAgeInMs: 1000,
  onDemandBudgetInMs: 500,
  passive: true,
};

/** What the emulated endpoints do with a probe. */
type Behaviour = "up" | "slow" | "refuses" | "silent" | "exhausted";
const OUTCOMES: Record<Behaviour, [ProbeResult, number]> = {
  up: [{ ok: true }, 10],
  slow: [{ ok: true }, 300],
  exhausted: ["inconclusive", 1],
  refuses: [{ ok: false, reason: "refused" }, 1],
  silent: [{ ok: false, reason: "timeout" }, SETTINGS.timeoutInMs],
};

let monitor: HealthMonitor;
useFakeTime({ now: new Date("2026-03-29T00:59:58.500Z") });

function setUp(behaviours: Record<string, Behaviour>, settings: Partial<HealthConfiguration> = {}) {
  const startedAt = performance.now();
  const probes: string[] = [];
  const transitions: string[] = [];
  const now = () => Math.round(performance.now() - startedAt);
  const health: Probes["health"] = async ({ name }, { signal }) => {
    probes.push(`${now()} ${name}`);
    const [outcome, delayInMs] = OUTCOMES[behaviours[name] as Behaviour];
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayInMs);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    });
    return outcome;
  };
  const canaries: Record<string, CanaryResult> = {};
  const events = new TypedEvents();
  events.on("endpointUp", ({ endpoint }) => void transitions.push(`${now()} ${endpoint} up`));
  events.on("endpointDown", ({ endpoint, reason }) => {
    transitions.push(`${now()} ${endpoint} down (${reason})`);
  });
  const endpoints = Object.keys(behaviours).map((name, index) => {
    const role = index === 0 ? "primary" : "secondary";
    const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
    return createEndpoint(parseEndpoint({ name, role, connectionString }), "chat");
  });
  const configuration = { ...SETTINGS, ...settings };
  const registry = new EndpointRegistry(endpoints, configuration, events);
  monitor = new HealthMonitor(registry, configuration, {
    health,
    canary: async ({ name }) => canaries[name] ?? { kind: "passed" },
  });
  closeAfterTest(monitor);
  return { registry, probes, transitions, now, behaviours, canaries };
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

describe("at start", () => {
  it("every endpoint is checked at once, and a slow one delays no other", async () => {
    const { transitions } = setUp({ east: "silent", west: "up" });
    const ready = monitor.start();
    await pass(10);
    expect(transitions).toEqual(["10 west up"]);
    expect(await isSettled(ready)).toBe(false);
    await pass(2240);
    expect(transitions).toEqual(["10 west up", "2250 east down (timeout)"]);
    expect(await isSettled(ready)).toBe(true);
  });

  it("an endpoint that refuses is decided after `fall` probes, one transition interval apart", async () => {
    const { probes, transitions } = setUp({ east: "refuses" }, { fall: 3 });
    void monitor.start();
    await pass(600);
    expect(probes).toEqual(["0 east", "250 east", "500 east"]);
    expect(transitions).toEqual(["501 east down (refused)"]);
  });
});

describe("the health job", () => {
  it("runs on schedule in UTC, straight through the night when clocks go forward", async () => {
    const { probes } = setUp({ east: "up" }, { schedule: "*/5 * * * * *" });
    void monitor.start();
    await pass(12_000);
    expect(probes).toEqual(["0 east", "1500 east", "6500 east", "11500 east"]);
  });

  it("finds a crash with the next run and one transition interval", async () => {
    const { behaviours, transitions } = setUp({ east: "up" }, { schedule: "*/5 * * * * *" });
    void monitor.start();
    await pass(2000);
    behaviours.east = "refuses";
    await pass(5000);
    expect(transitions).toEqual(["10 east up", "6751 east down (refused)"]);
  });

  it("neither piles up on a silent endpoint nor lets it hold up the others", async () => {
    const { probes } = setUp({ east: "silent", west: "up" }, { schedule: "* * * * * *" });
    void monitor.start();
    await pass(2400);
    expect(probes.filter((probe) => probe.endsWith("east"))).toEqual(["0 east", "250 east"]);
    expect(probes.filter((probe) => probe.endsWith("west"))).toEqual([
      "0 west",
      "500 west",
      "1500 west",
    ]);
  });

  it("schedule: false turns the health job off", async () => {
    const { probes } = setUp({ east: "up" });
    void monitor.start();
    await pass(60_000);
    expect(probes).toEqual(["0 east"]);
  });
});

describe("an answer that contradicts the state", () => {
  async function upSince10(behaviour: Behaviour, settings?: Partial<HealthConfiguration>) {
    const world = setUp({ east: "up" }, settings);
    void monitor.start();
    await pass(1000);
    world.behaviours.east = behaviour;
    return { ...world, east: world.registry.get("east") };
  }

  it("is followed by probes one transition interval apart until the state is decided", async () => {
    const { east, probes, transitions } = await upSince10("refuses", { fall: 3 });
    const verdict = monitor.check(east);
    await pass(400);
    expect(await isSettled(verdict)).toBe(false);
    await pass(101);
    expect(await isSettled(verdict)).toBe(true);
    expect(probes.slice(1)).toEqual(["1000 east", "1250 east", "1500 east"]);
    expect(transitions).toEqual(["10 east up", "1501 east down (refused)"]);
    await pass(5000);
    expect(probes).toHaveLength(4);
  });

  it("once only is forgotten, and causes no failover", async () => {
    const { east, behaviours, probes, transitions } = await upSince10("refuses");
    void monitor.check(east);
    await pass(100);
    behaviours.east = "up";
    await pass(5000);
    expect(probes.slice(1)).toEqual(["1000 east", "1250 east"]);
    expect(transitions).toEqual(["10 east up"]);
    expect(east.isInDoubt).toBe(false);
  });

  it("by silence is found out one transition interval after the deadline, not `fall` deadlines later", async () => {
    const { east, probes, transitions } = await upSince10("silent");
    void monitor.check(east);
    await pass(5000);
    expect(probes.slice(1)).toEqual(["1000 east", "1250 east"]);
    expect(transitions).toEqual(["10 east up", "3250 east down (timeout)"]);
  });

  it("brings an endpoint back after `rise` successes", async () => {
    const { behaviours, registry, transitions } = setUp({ east: "refuses" });
    void monitor.start();
    await pass(1000);
    behaviours.east = "up";
    void monitor.check(registry.get("east"));
    await pass(1000);
    expect(transitions).toEqual(["251 east down (refused)", "1260 east up"]);
  });
});

it("an endpoint that answers slowly is not checked without a pause", async () => {
  const { probes } = setUp({ east: "slow" });
  void monitor.start();
  await pass(10_000);
  expect(probes).toEqual(["0 east", "250 east"]);
});

it("health checks without an outcome change nothing", async () => {
  const { behaviours, registry, transitions } = setUp({ east: "up" });
  void monitor.start();
  await pass(100);
  behaviours.east = "exhausted";
  await Promise.all([monitor.check(registry.get("east")), pass(1000)]);
  expect(transitions).toEqual(["10 east up"]);
});

it("traffic has every endpoint that is down checked for recovery, once in a while", async () => {
  const { behaviours, probes, transitions } = setUp({ east: "up", west: "refuses" });
  void monitor.start();
  await pass(1000);
  behaviours.west = "up";
  for (let i = 0; i < 100; i++) {
    monitor.lookForRecovery();
    await pass(10);
  }
  expect(probes.filter((probe) => probe.endsWith("east"))).toHaveLength(1);
  expect(probes.filter((probe) => probe.endsWith("west"))).toHaveLength(4);
  expect(transitions.at(-1)).toMatch(/west up$/);
});

it("an endpoint that clients are sent to is checked five times in onDemandMaxAgeInMs, whatever the traffic", async () => {
  const { probes, registry } = setUp({ east: "up", west: "up" });
  void monitor.start();
  for (let i = 0; i < 1000; i++) {
    monitor.refresh(registry.get("east"));
    await pass(1);
  }
  expect(probes.filter((probe) => probe.endsWith("east"))).toEqual([
    "0 east",
    "201 east",
    "402 east",
    "603 east",
    "804 east",
  ]);
  expect(probes.filter((probe) => probe.endsWith("west"))).toEqual(["0 west"]);
});

describe("on demand", () => {
  async function healthyEast(settings?: Partial<HealthConfiguration>) {
    const world = setUp({ east: "up" }, settings);
    void monitor.start();
    await pass(500);
    return { ...world, east: world.registry.get("east") as RegisteredEndpoint };
  }

  it("a thousand callers share one probe", async () => {
    const { east, probes } = await healthyEast();
    const verdicts = Promise.all(Array.from({ length: 1000 }, () => monitor.check(east)));
    await pass(10);
    await verdicts;
    expect(probes.slice(1)).toEqual(["500 east"]);
  });

  it("an endpoint needs a check once its last probe is older than onDemandMaxAgeInMs", async () => {
    const { east } = await healthyEast();
    await pass(500);
    expect(monitor.needsCheck(east)).toBe(false);
    await pass(1);
    expect(monitor.needsCheck(east)).toBe(true);
  });

  it("an endpoint in doubt needs a check however fresh its last probe is", async () => {
    const { east, behaviours } = await healthyEast();
    behaviours.east = "refuses";
    void monitor.check(east);
    await pass(5);
    expect(monitor.needsCheck(east)).toBe(true);
  });

  it("failed calls cost one probe each transition interval, however many there are", async () => {
    const { east, probes } = await healthyEast();
    for (let i = 0; i < 1000; i++) {
      monitor.suspect(east);
      await pass(1);
    }
    expect(probes.slice(1)).toEqual([
      "500 east",
      "750 east",
      "1000 east",
      "1250 east",
      "1500 east",
    ]);
  });

  it("a failed call right after a probe causes another probe", async () => {
    const { east, behaviours, transitions } = await healthyEast();
    void monitor.check(east);
    await pass(20);
    behaviours.east = "refuses";
    monitor.suspect(east);
    await pass(1000);
    expect(transitions).toEqual(["10 east up", "1001 east down (refused)"]);
  });

  it("a failed call during a probe causes another probe, since the answer may be older than the fault", async () => {
    const { east, behaviours, probes } = await healthyEast();
    void monitor.check(east);
    await pass(5);
    monitor.suspect(east);
    behaviours.east = "refuses";
    await pass(300);
    expect(probes.slice(1)).toEqual(["500 east", "750 east"]);
  });
});

it("an endpoint that was removed is not checked any more, and nothing waits for it", async () => {
  const { registry, probes } = setUp({ east: "up", west: "silent" });
  void monitor.start();
  await pass(100);
  const west = registry.get("west");
  const verdict = monitor.check(west);
  registry.release(registry.remove("west"));
  monitor.unwatch(west);
  monitor.suspect(west);
  await Promise.all([verdict, monitor.check(west)]);
  await pass(10_000);
  expect(probes).toEqual(["0 east", "0 west"]);
});

it("close ends timers, probes under way and every wait for them", async () => {
  const { registry, probes, transitions } = setUp({ east: "silent" }, { schedule: "* * * * * *" });
  const ready = monitor.start();
  const verdict = monitor.check(registry.get("east"));
  await pass(100);
  await monitor.close();
  await Promise.all([ready, verdict, monitor.check(registry.get("east"))]);
  await pass(10_000);
  expect(probes).toEqual(["0 east"]);
  expect(transitions).toEqual([]);
});
