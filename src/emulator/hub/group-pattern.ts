const maxLength = 1024;
const maxStars = 5;

/** One step through a group name: one character, or a run of any length. */
interface Step {
  readonly isRun: boolean;
  /** Undefined when any character will do, but for a dot perhaps. */
  readonly character?: string;
  readonly takesDot?: boolean;
}

export type GroupPattern = (group: string) => boolean;

/**
 * Reads a pattern of group names: `?` is one character but a dot, `*` any run without dots, `**`
 * any run; a backslash takes the meaning from `\`, `*` and `?`. Undefined when it is not valid.
 */
export function readGroupPattern(pattern: string): GroupPattern | undefined {
  if (pattern === "" || pattern.length > maxLength) return undefined;
  const steps: Step[] = [];
  let stars = 0;
  for (const [part] of pattern.matchAll(/\\.?|\*\*?|./gsu)) {
    if (part.startsWith("*")) stars += part.length;
    const step = readStep(part);
    if (!step || stars > maxStars) return undefined;
    steps.push(step);
  }
  return (group) => matches(steps, group);
}

function readStep(part: string): Step | undefined {
  switch (part) {
    case "**":
      return { isRun: true, takesDot: true };
    case "*":
      return { isRun: true };
    case "?":
      return { isRun: false };
  }
  if (part.startsWith("\\") && !/^\\[\\*?]$/.test(part)) return undefined;
  return { isRun: false, character: part.replace(/^\\/, "") };
}

function accepts(step: Step, character: string): boolean {
  if (step.character !== undefined) return step.character === character;
  return step.takesDot === true || character !== ".";
}

/**
 * Follows every way through the pattern at once, so that the cost is at most the product of the two
 * lengths; trying one way after the other could take for ever.
 */
function matches(steps: readonly Step[], group: string): boolean {
  let places: number[] = [];
  reach(steps, places, 0);
  for (const character of group) {
    const reached: number[] = [];
    for (const place of places) {
      const step = steps[place];
      if (step && accepts(step, character)) reach(steps, reached, step.isRun ? place : place + 1);
    }
    places = reached;
  }
  return places.at(-1) === steps.length;
}

/** Adds a place, and those behind it over runs of no length; they come in ascending order. */
function reach(steps: readonly Step[], places: number[], place: number): void {
  let next = place;
  while (next > (places[places.length - 1] ?? -1)) {
    places.push(next);
    if (steps[next]?.isRun) next += 1;
  }
}
