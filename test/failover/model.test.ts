import fc from "fast-check";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { runs } from "../support/runs.ts";
import { type BehaviourName, behaviours, ScriptedWorld } from "../support/scripted-world.ts";

/*
 * Anything may happen in any order: the invariants hold all the same. Everything but the wire is
 * real; the clock is fake. A failing run prints its seed and the shortest steps that break it.
 */
const names = ["p1", "p2", "s1", "s2"] as const;
type Name = (typeof names)[number];
const thresholds = { fall: 2, rise: 2 };

type Step =
  | { readonly kind: "behave"; readonly name: Name; readonly as: BehaviourName }
  | { readonly kind: "drain" | "undrain" | "add" | "remove" | "force"; readonly name: Name }
  | { readonly kind: "clearForce" | "negotiate" | "call" | "rush" }
  | { readonly kind: "pass"; readonly inMs: number }
  | { readonly kind: "setClock"; readonly byInMs: number };

const name = fc.constantFrom(...names);
const just = <const T extends Step["kind"]>(kind: T) => fc.constant({ kind } as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("behave" as const),
      name,
      as: fc.constantFrom(...(Object.keys(behaviours) as BehaviourName[])),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("drain", "undrain", "add", "remove", "force"),
      name,
    }),
  },
  { weight: 8, arbitrary: fc.oneof(just("negotiate"), just("call"), just("rush")) },
  { weight: 1, arbitrary: just("clearForce") },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      inMs: fc.constantFrom(1, 10, 100, 250, 500, 1000, 2000, 5000, 15_000, 70_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("setClock" as const),
      byInMs: fc.constantFrom(-3_600_000, 3_600_000),
    }),
  },
);

/** What an onlooker knows who hears the events and sees the evidence, and nothing else. */
class Model {
  readonly #world: ScriptedWorld;
  readonly #known = new Map<string, Known>();

  constructor(world: ScriptedWorld) {
    this.#world = world;
    for (const endpoint of world.registry.all()) this.#known.set(endpoint.name, fresh());
    this.#hearEvents();
    this.#watchEvidence();
  }

  /** After every step, the world looks as the events have told. */
  compare(): void {
    const told = [...this.#known].map(([name, { state, drained, forced, leaving, since }]) => {
      return { name, state, drained, forced, leaving, since };
    });
    const seen = this.#world.registry.all().map((endpoint) => {
      const { name, state, drained, forced, leaving, since } = endpoint.snapshot();
      return { name, state, drained, forced, leaving, since: state === "unknown" ? 0 : since };
    });
    expect(sorted(seen)).toEqual(sorted(told));
  }

  /** A client was sent there a moment ago. */
  judgeAnswer(answer: RegisteredEndpoint | undefined): void {
    const offered = [...this.#known.values()].filter(
      ({ drained, leaving }) => !drained && !leaving,
    );
    const isAnyUp = offered.some(({ state }) => state === "healthy");
    if (answer === undefined) {
      expect(isAnyUp).toBe(false);
      return;
    }
    const known = this.#of(answer.name);
    expect(known).toMatchObject({ drained: false, leaving: false });
    if (known.state === "unhealthy") expect(isAnyUp).toBe(false);
  }

  #of(name: string): Known {
    return this.#known.get(name) as Known;
  }

  #hearEvents(): void {
    const { events } = this.#world;
    events.on("endpointUp", ({ endpoint }) => this.#hearState(endpoint, "healthy"));
    events.on("endpointDown", ({ endpoint }) => this.#hearState(endpoint, "unhealthy"));
    events.on("endpointDrained", ({ endpoint }) => this.#flip(endpoint, "drained", true));
    events.on("endpointUndrained", ({ endpoint }) => this.#flip(endpoint, "drained", false));
    events.on("failoverForced", ({ endpoint }) => this.#flip(endpoint, "forced", true));
    events.on("forceCleared", ({ endpoint }) => this.#flip(endpoint, "forced", false));
    events.on("endpointLeaving", ({ endpoint }) => this.#flip(endpoint, "leaving", true));
    events.on("endpointAdded", ({ endpoint }) => void this.#known.set(endpoint, fresh()));
    events.on("endpointRemoved", ({ endpoint }) => void this.#known.delete(endpoint));
  }

  /** A second event for one transition, or one for none, is found here. */
  #hearState(name: string, state: Known["state"]): void {
    const known = this.#of(name);
    expect(known.state).not.toBe(state);
    known.state = state;
    known.since = Date.now();
  }

  #flip(name: string, flag: "drained" | "forced" | "leaving", value: boolean): void {
    expect(this.#of(name)[flag]).toBe(!value);
    this.#of(name)[flag] = value;
  }

  /** The answers of health checks, on their way into the registry. */
  #watchEvidence(): void {
    const { registry } = this.#world;
    const { recordProbe } = registry;
    registry.recordProbe = (endpoint, sequence, outcome, timing) => {
      const before = endpoint.health.status;
      const isLate = sequence < endpoint.lastSequence;
      recordProbe.call(registry, endpoint, sequence, outcome, timing);
      const after = endpoint.health.status;
      if (isLate || !registry.has(endpoint)) {
        expect(after).toBe(before);
        return;
      }
      const known = this.#of(endpoint.name);
      known.successes = outcome.ok ? known.successes + 1 : 0;
      known.failures = outcome.ok ? 0 : known.failures + (outcome.isDecisive ? 99 : 1);
      if (before !== after) judgeTransition(known, before, after);
    };
    const { recordRejectedCredentials } = registry;
    registry.recordRejectedCredentials = (endpoint, sequence) => {
      const before = endpoint.health.status;
      recordRejectedCredentials.call(registry, endpoint, sequence);
      const known = this.#of(endpoint.name);
      known.successes = 0;
      known.failures = 99;
      if (before !== endpoint.health.status) judgeTransition(known, before, "unhealthy");
    };
  }
}

interface Known {
  state: RegisteredEndpoint["state"];
  since: number;
  drained: boolean;
  forced: boolean;
  leaving: boolean;
  /** Health checks in a row. */
  successes: number;
  failures: number;
  /** When its health checks brought it back, and took it down; monotonic. */
  backAt: number | undefined;
  downAt: number;
  flaps: number;
}

const fresh = (): Known => ({
  state: "unknown",
  since: 0,
  drained: false,
  forced: false,
  leaving: false,
  successes: 0,
  failures: 0,
  backAt: undefined,
  downAt: 0,
  flaps: 0,
});

/** No state changes faster than `fall`, `rise` and the proof of those that flap allow. */
function judgeTransition(known: Known, before: string, after: string): void {
  const now = performance.now();
  if (after === "unhealthy") {
    expect(known.failures).toBeGreaterThanOrEqual(thresholds.fall);
    const hasFlapped = known.backAt !== undefined && now - known.backAt < 60_000;
    known.flaps = hasFlapped ? known.flaps + 1 : 0;
    known.downAt = now;
    return;
  }
  if (before === "unknown") return;
  expect(known.successes).toBeGreaterThanOrEqual(thresholds.rise);
  const proofInMs = known.flaps === 0 ? 0 : Math.min(1000 * 2 ** known.flaps, 60_000);
  expect(now - known.downAt).toBeGreaterThanOrEqual(proofInMs);
  known.backAt = now;
}

const sorted = <T extends { name: string }>(items: T[]): T[] =>
  items.sort((a, b) => a.name.localeCompare(b.name));

interface Judge {
  answer(endpoint: RegisteredEndpoint | undefined): void;
  failure(error: unknown): void;
}

async function take(world: ScriptedWorld, judge: Judge, step: Step): Promise<void> {
  const { registry } = world;
  const find = (name: Name) => registry.all().find((endpoint) => endpoint.name === name);
  const negotiate = () => void world.negotiate().then(judge.answer).catch(judge.failure);
  switch (step.kind) {
    case "behave":
      return world.set(step.name, step.as);
    case "negotiate":
      negotiate();
      // What is decided at once is judged before an operator has another idea.
      return void (await jest.advanceTimersByTimeAsync(0));
    case "call":
      return void world.call();
    case "rush":
      for (let i = 0; i < 5; i++) {
        negotiate();
        void world.call();
        await jest.advanceTimersByTimeAsync(100);
      }
      return;
    case "pass":
      return void (await jest.advanceTimersByTimeAsync(step.inMs));
    case "setClock":
      return void jest.setSystemTime(Date.now() + step.byInMs);
    case "clearForce":
      return registry.clearForce();
    case "add": {
      const known = find(step.name);
      if (known === undefined || known.leaving) world.add(step.name);
      return;
    }
    case "remove": {
      const known = find(step.name);
      const isLast = registry.all().filter(({ leaving }) => !leaving).length === 1;
      if (known?.leaving) world.release(known);
      else if (known && !isLast) registry.remove(step.name);
      return;
    }
    default:
      if (find(step.name)?.leaving === false) registry[step.kind](step.name);
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  jest.useFakeTimers({ now: new Date("2026-03-29T00:59:58.500Z") });
  const failures: unknown[] = [];
  const world = new ScriptedWorld(["p1", "s1", "s2"], { schedule: "*/5 * * * * *" });
  const model = new Model(world);
  const judge: Judge = {
    answer: (endpoint) => model.judgeAnswer(endpoint),
    failure: (error) => void failures.push(error),
  };
  // What the model expects of events it expects in their listeners.
  world.events.on("handlerError", ({ error }) => judge.failure(error));
  try {
    void world.monitor.start();
    for (const step of steps) {
      await take(world, judge, step);
      model.compare();
      if (failures.length > 0) throw failures[0];
    }
    await world.monitor.close();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(jest.getTimerCount()).toBe(0);
    if (failures.length > 0) throw failures[0];
  } finally {
    jest.useRealTimers();
  }
}

it("whatever happens, clients are sent to a usable endpoint, and every change is announced once and not too soon", async () => {
  const steps = fc.array(step, { minLength: 10, maxLength: 60, size: "max" });
  await fc.assert(fc.asyncProperty(steps, run), { ...runs(150), verbose: 1 });
}, 30_000);
