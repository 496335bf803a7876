import { type GlobStep, matchesGlob } from "./glob.ts";

const maxLength = 1024;
const maxStars = 5;

export type GroupPattern = (group: string) => boolean;

/**
 * Reads a pattern of group names: `?` is one character but a dot, `*` any run without dots, `**`
 * any run; a backslash takes the meaning from `\`, `*` and `?`. Undefined when it is not valid.
 */
export function readGroupPattern(pattern: string): GroupPattern | undefined {
  if (pattern === "" || pattern.length > maxLength) return undefined;
  const steps: GlobStep[] = [];
  let stars = 0;
  for (const [token] of pattern.matchAll(/\\.?|\*\*?|./gsu)) {
    if (token.startsWith("*")) stars += token.length;
    const step = readStep(token);
    if (!step || stars > maxStars) return undefined;
    steps.push(step);
  }
  return (group) => matchesGlob(steps, group);
}

function readStep(token: string): GlobStep | undefined {
  switch (token) {
    case "**":
      return { kind: "any", repeats: true, crossesDots: true };
    case "*":
      return { kind: "any", repeats: true, crossesDots: false };
    case "?":
      return { kind: "any", repeats: false, crossesDots: false };
  }
  if (token.startsWith("\\") && !/^\\[\\*?]$/.test(token)) return undefined;
  return { kind: "character", character: token.replace(/^\\/, "") };
}
