import type { Request } from "express";
import type { HealthOptions } from "../../src/contract/options.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../../src/endpoints/registry.ts";
import type { CanaryResult } from "../../src/health/canary.ts";
import type { Probes } from "../../src/health/endpoint-watch.ts";
import type { HealthMonitor } from "../../src/health/monitor.ts";
import type { ProbeResult } from "../../src/health/probe.ts";
import { toldProbes } from "../../src/health/told-probes.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseEndpoint, parseOptions } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";
import { classifyFailure } from "../../src/service/failure.ts";
import { assemble } from "./assemble.ts";
import { logEvents } from "./event-log.ts";

/**
 * What an endpoint does with health checks, with every other call, and with canaries if that is not
 * the same, and how long that takes.
 */
interface Behaviour {
  readonly health: readonly [ProbeResult, inMs: number];
  readonly calls: readonly [CallOutcome, inMs: number];
  readonly canaries?: readonly [CallOutcome, inMs: number];
}

type CallOutcome = "accepted" | "throttled" | "rejected" | "failed" | "hangs";

const up: ProbeResult = { ok: true };

export const behaviours = {
  well: { health: [up, 10], calls: ["accepted", 10] },
  slow: { health: [up, 1500], calls: ["accepted", 1500] },
  crashed: { health: [{ ok: false, reason: "refused" }, 1], calls: ["failed", 1] },
  silent: { health: [{ ok: false, reason: "timeout" }, 2000], calls: ["hangs", 5000] },
  gray: { health: [up, 10], calls: ["failed", 10] },
  grayAndSilent: { health: [up, 10], calls: ["hangs", 5000] },
  red: { health: [{ ok: false, reason: "status(503)" }, 10], calls: ["accepted", 10] },
  denied: { health: [up, 10], calls: ["rejected", 10] },
  throttled: { health: [up, 10], calls: ["throttled", 10] },
  refusingCalls: { health: [up, 10], calls: ["failed", 10], canaries: ["accepted", 10] },
  forbiddingCalls: { health: [up, 10], calls: ["rejected", 10], canaries: ["accepted", 10] },
} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

const errors: Record<CallOutcome, unknown> = {
  accepted: undefined,
  throttled: { name: "RestError", statusCode: 429 },
  rejected: { name: "RestError", statusCode: 403 },
  failed: { name: "RestError", statusCode: 500 },
  hangs: { code: "ERR_DEADLINE_EXCEEDED" },
};

const canaryResults: Record<CallOutcome, CanaryResult> = {
  accepted: { kind: "passed" },
  throttled: { kind: "passed" },
  rejected: { kind: "rejected" },
  failed: { kind: "failed" },
  hangs: { kind: "failed" },
};

/**
 * Endpoints that do what a test tells them, behind the real registry, monitor and choice of
 * endpoint. Nothing goes over the wire, so it can run on a fake clock. Names that begin with `p`
 * or `east` are primaries.
 */
export class ScriptedEndpoints {
  readonly registry: EndpointRegistry;
  readonly monitor: HealthMonitor;
  readonly events = new TypedEvents();
  /** Lines such as `1251 endpointDown east (refused)`, in milliseconds since the start. */
  readonly log: string[] = [];
  /** The name of the endpoint, or `none`, whenever a negotiate was answered with another one. */
  readonly routes: string[] = [];
  readonly #behaviours = new Map<string, BehaviourName>();
  readonly #startedAt = performance.now();
  readonly #context: Parameters<typeof selectEndpoint>[0];

  constructor(names: readonly string[], health: HealthOptions = {}) {
    const configuration = parseOptions({
      hub: "chat",
      endpoints: names.map(optionsOf),
      negotiate: { allowAnonymous: true },
      health,
    });
    const log = logEvents(this.events);
    log.push = (...lines) => this.log.push(...lines.map((line) => `${this.now()} ${line}`));
    this.events.on("credentialsRejected", ({ endpoint }) => {
      this.log.push(`${this.now()} credentialsRejected ${endpoint}`);
    });
    const { events } = this;
    this.#context = assemble(configuration, { events, probes: toldProbes(this.#probes(), events) });
    this.registry = this.#context.registry;
    this.monitor = this.#context.monitor;
  }

  now(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  set(name: string, behaviour: BehaviourName): void {
    this.#behaviours.set(name, behaviour);
  }

  add(name: string): void {
    const endpoint = createEndpoint(parseEndpoint(optionsOf(name)), "chat");
    for (const displaced of this.registry.replacedBy(endpoint)) this.release(displaced);
    void this.monitor.check(this.registry.add(endpoint));
  }

  /** The end of a removal. */
  release(endpoint: RegisteredEndpoint): void {
    this.registry.release(endpoint);
    this.monitor.unwatch(endpoint);
  }

  /** One negotiate, as the route would choose. */
  async negotiate(): Promise<RegisteredEndpoint | undefined> {
    const giveUpAt = performance.now() + this.#context.configuration.health.onDemandBudgetInMs;
    const chosen = await selectEndpoint(this.#context, {} as Request, new Set(), giveUpAt);
    const name = chosen?.name ?? "none";
    if (this.routes.at(-1)?.split(" ")[1] !== name) this.routes.push(`${this.now()} ${name}`);
    return chosen;
  }

  /** One call to every endpoint that is in use, as a broadcast makes it. */
  async call(): Promise<void> {
    const targets = this.registry.all().filter(({ state }) => state === "healthy");
    await Promise.all(
      targets.map(async (target) => {
        const startedAt = performance.now();
        const [outcome, inMs] = this.#behaviourOf(target.endpoint).calls;
        await delay(inMs);
        const error = errors[outcome];
        if (error === undefined) this.monitor.reportSuccess(target, startedAt);
        else await this.monitor.reportFailure(target, classifyFailure(error), startedAt);
      }),
    );
  }

  #probes(): Probes {
    return {
      health: async (endpoint, { signal }) => {
        const [result, inMs] = this.#behaviourOf(endpoint).health;
        await delay(inMs, signal);
        return result;
      },
      canary: async (endpoint, { timeoutInMs, signal }) => {
        const { calls, canaries = calls } = this.#behaviourOf(endpoint);
        const [outcome, inMs] = canaries;
        await delay(Math.min(inMs, timeoutInMs), signal);
        return canaryResults[outcome];
      },
    };
  }

  #behaviourOf({ name }: Endpoint): Behaviour {
    return behaviours[this.#behaviours.get(name) ?? "well"];
  }
}

function optionsOf(name: string) {
  const role = /^(p|east)/.test(name) ? ("primary" as const) : ("secondary" as const);
  return { name, role, connectionString: `Endpoint=https://${name}.example;AccessKey=k` };
}

/** Ends early with the signal; leaves neither a timer nor a listener. */
function delay(inMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, inMs);
    signal?.addEventListener("abort", end);
  });
}
