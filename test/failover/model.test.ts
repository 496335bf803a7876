import fc from "fast-check";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { runs } from "../support/runs.ts";
import {
  type BehaviourName,
  behaviours,
  ScriptedEndpoints,
} from "../support/scripted-endpoints.ts";
import { Model } from "./support/model.ts";

/*
 * Anything may happen in any order: the invariants hold all the same. Everything but the wire is
 * real; the clock is fake. A failing run prints its seed and the shortest steps that break it.
 */
const names = ["p1", "p2", "s1", "s2"] as const;
type Name = (typeof names)[number];

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

interface Judge {
  answer(endpoint: RegisteredEndpoint | undefined): void;
  failure(error: unknown): void;
}

async function take(world: ScriptedEndpoints, judge: Judge, step: Step): Promise<void> {
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
  const world = new ScriptedEndpoints(["p1", "s1", "s2"], { schedule: "*/5 * * * * *" });
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
