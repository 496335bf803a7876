import type { ProbeOutcome } from "../../../src/endpoints/health-state.ts";
import type { RegisteredEndpoint } from "../../../src/endpoints/registered-endpoint.ts";
import type { ScriptedEndpoints } from "../../support/scripted-endpoints.ts";

const thresholds = { fall: 2, rise: 2 };

/** What an onlooker knows who hears the events and sees the evidence, and nothing else. */
export class Model {
  readonly #world: ScriptedEndpoints;
  readonly #known = new Map<string, Known>();

  constructor(world: ScriptedEndpoints) {
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
      const { name, state, drained, forced, leaving, since } = endpoint.snapshot(false);
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
    events.on("endpointDown", ({ endpoint, reason }) => {
      this.#hearState(endpoint, "unhealthy");
      // Whatever calls come to, they alone take nobody out.
      const isByCanary = reason === "failing-calls" || reason === "credentials-rejected";
      if (isByCanary) expect(this.#of(endpoint).hasCanaryFailed).toBe(true);
    });
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

  #noteRejection({ name }: RegisteredEndpoint, outcome: ProbeOutcome): void {
    const known = this.#known.get(name);
    const isRejection = !outcome.ok && outcome.reason === "credentials-rejected";
    if (known && isRejection) known.hasCanaryFailed = true;
  }

  /** The answers of health checks, on their way into the registry. */
  #watchEvidence(): void {
    const { registry } = this.#world;
    const { recordProbe } = registry;
    registry.recordProbe = (endpoint, sequence, outcome, timing) => {
      const before = endpoint.health.status;
      const isLate = sequence < endpoint.lastSequence;
      this.#noteRejection(endpoint, outcome);
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
    for (const name of ["recordCanary", "recordEjectionEnd"] as const) {
      const record = registry[name];
      registry[name] = (endpoint, hasPassed) => {
        // What one has decided stands until the ejection ends, whatever others come to meanwhile.
        const isDecided = name === "recordCanary" && endpoint.calls.status === "ejected";
        if (!hasPassed || !isDecided) this.#of(endpoint.name).hasCanaryFailed = !hasPassed;
        record.call(registry, endpoint, hasPassed);
      };
    }
    const { recordRejectedCredentials } = registry;
    registry.recordRejectedCredentials = (endpoint, sequence, outcome) => {
      const before = endpoint.health.status;
      this.#of(endpoint.name).hasCanaryFailed = true;
      recordRejectedCredentials.call(registry, endpoint, sequence, outcome);
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
  /** What its last canary came to. */
  hasCanaryFailed: boolean;
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
  hasCanaryFailed: false,
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
