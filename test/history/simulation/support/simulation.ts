import type { Core } from "../../../client/continuity/support/model-run.ts";
import { Mutations, type Rule } from "./mutations.ts";
import { SimulatedHub } from "./simulated-hub.ts";
import { quietFrom, type Story } from "./story.ts";

export interface SimulationOptions {
  /** Rules that are taken away. */
  readonly without?: readonly Rule[];
  /** The logic of the clients, if it is not the real one. */
  readonly core?: Core;
  /** Whether clients look at intervals; what is masked by that is seen without. */
  readonly hasPositionChecks?: boolean;
  /** Writes down all that happens. */
  readonly isTraced?: boolean;
}

export interface Verdict {
  /** What must not happen and has; a line each. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  readonly messages: number;
}

/** Longer than two looks of every client. */
const CALM_IN_MS = 6000;
/** Longer than any pause between two attempts of anybody. */
const longestCalmInMs = 40_000;

/** Runs a hub through a story, and then until nothing is left to be done. */
export async function simulate(
  story: Story,
  { without = [], core, hasPositionChecks = true, isTraced = false }: SimulationOptions = {},
): Promise<Verdict> {
  const hub = new SimulatedHub(story, {
    mutations: new Mutations(without, core),
    hasPositionChecks,
    isTraced,
  });
  const { judge, timeline } = hub;
  const quietAt = quietFrom(story);
  await timeline.runUntil(quietAt + CALM_IN_MS);
  while (!hub.isSettled && timeline.now < quietAt + longestCalmInMs) {
    await timeline.runUntil(timeline.now + CALM_IN_MS);
  }
  const tops = hub.store.tops();
  for (const client of hub.clients) {
    if (client.isPlain) {
      for (const id of client.steadyConnections) judge.endedPlain(id);
    } else judge.ended(client.index, client.positions, tops, hasPositionChecks);
  }
  for (const left of hub.store.leftInOutbox()) judge.expect(false, () => `outbox: ${left}`);
  await hub.close();
  return { violations: judge.violations, trace: judge.trace, messages: judge.messages.length };
}
