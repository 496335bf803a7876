/** One step of a pattern: one character, or a run of any length. */
export type GlobStep =
  | { readonly kind: "character"; readonly character: string }
  | { readonly kind: "any"; readonly repeats: boolean; readonly crossesDots: boolean };

/**
 * Whether a text is what the steps describe, from its beginning to its end. Every way through the
 * pattern is followed at once, so that the cost is at most the product of the two lengths; trying
 * one way after the other could take for ever.
 */
export function matchesGlob(steps: readonly GlobStep[], text: string): boolean {
  let states = reach(steps, [], 0);
  for (const character of text) {
    const next: number[] = [];
    for (const state of states) {
      const step = steps[state];
      if (step && accepts(step, character)) reach(steps, next, isRun(step) ? state : state + 1);
    }
    states = next;
  }
  return states.at(-1) === steps.length;
}

/** Adds a state, and those behind it over runs of no length; they come in ascending order. */
function reach(steps: readonly GlobStep[], states: number[], state: number): number[] {
  let next = state;
  while (next > (states.at(-1) ?? -1)) {
    states.push(next);
    if (isRun(steps[next])) next += 1;
  }
  return states;
}

const isRun = (step: GlobStep | undefined): boolean => step?.kind === "any" && step.repeats;

const accepts = (step: GlobStep, character: string): boolean =>
  step.kind === "character" ? step.character === character : step.crossesDots || character !== ".";
