type Step =
  | { readonly kind: "character"; readonly character: string }
  | { readonly kind: "any"; readonly crossesDots: boolean; readonly repeats: boolean };

/**
 * Whether a user event is in a list of names and patterns with commas between, ignoring case. `*`
 * alone is every event; within a name `*` and `?` stop at dots and `**` does not.
 */
export function matchesUserEvent(patterns: string, name: string): boolean {
  const characters = [...name.toLowerCase()];
  return patterns
    .toLowerCase()
    .split(",")
    .map((pattern) => pattern.trim())
    .some((pattern) => pattern === "*" || matches(stepsOf(pattern), characters));
}

/** Walks all ways through the pattern at once: clients choose the names, and none may be slow. */
function matches(steps: readonly Step[], characters: readonly string[]): boolean {
  let places = withSkipped(steps, [0]);
  for (const character of characters) {
    const next: number[] = [];
    for (const place of places) {
      const step = steps[place];
      if (!step || !admits(step, character)) continue;
      next.push(step.kind === "any" && step.repeats ? place : place + 1);
    }
    places = withSkipped(steps, next);
  }
  return places.has(steps.length);
}

/** A run of any length may be empty. */
function withSkipped(steps: readonly Step[], places: readonly number[]): Set<number> {
  const reached = new Set(places);
  for (const place of reached) {
    const step = steps[place];
    if (step?.kind === "any" && step.repeats) reached.add(place + 1);
  }
  return reached;
}

const admits = (step: Step, character: string): boolean =>
  step.kind === "character" ? step.character === character : step.crossesDots || character !== ".";

function stepsOf(pattern: string): Step[] {
  return (pattern.match(/\*+|./gsu) ?? []).map((token) => {
    if (token === "?") return { kind: "any", crossesDots: false, repeats: false };
    if (!token.startsWith("*")) return { kind: "character", character: token };
    return { kind: "any", crossesDots: token.length > 1, repeats: true };
  });
}
