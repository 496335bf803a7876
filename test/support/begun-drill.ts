import type { DrillView } from "../../demo-app/contract/live.ts";
import { GuidedDrill } from "../../demo-app/guided-drill/guided-drill.ts";
import { ScriptedEnvironment } from "./scripted-environment.ts";

let pendingTimersOfEnvironment = (): number => 0;

/** Time goes by only when a drill is run; when a test ends, no timer of a drill may be left. */
export function useDrillTime(): void {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(pendingTimersOfEnvironment());
    jest.useRealTimers();
  });
}

export const MINUTE_IN_MS = 60_000;

/** A drill that has begun in an environment; `run` lets its time go by. */
export function begin(environment = new ScriptedEnvironment()) {
  pendingTimersOfEnvironment = () => environment.pendingTimers;
  const drill = new GuidedDrill(environment);
  const whenBegun = new Map<string, () => void>();
  drill.onChange(() => {
    const running = stepsOf(drill).find(({ state }) => state === "running");
    const change = whenBegun.get(running?.id ?? "");
    whenBegun.delete(running?.id ?? "");
    change?.();
  });
  const run = async (durationInMs = 5 * MINUTE_IN_MS): Promise<DrillView> => {
    for (let left = durationInMs; left > 0 && viewOf(drill).state === "running"; left -= 500) {
      await jest.advanceTimersByTimeAsync(500);
    }
    return viewOf(drill);
  };
  drill.start();
  return {
    environment,
    drill,
    run,
    /** Once this step has begun. */
    during: (id: string, change: () => void) => void whenBegun.set(id, change),
  };
}

function viewOf({ view }: GuidedDrill): DrillView {
  if (!view) throw new Error("There has been no drill yet.");
  return view;
}

function stepsOf(drill: GuidedDrill) {
  return viewOf(drill).steps;
}

/** Of each step: its state, or why it failed. */
export function outcome({ steps }: DrillView): Record<string, string> {
  return Object.fromEntries(steps.map(({ id, state, reason }) => [id, reason ?? state]));
}

export function measured({ steps }: DrillView, id: string): Record<string, number> {
  const step = steps.find((it) => it.id === id);
  return Object.fromEntries(step?.figures.map(({ label, value }) => [label, value]) ?? []);
}
