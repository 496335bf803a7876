import { type GlobStep, matchesGlob } from "../../kit/glob.ts";

/**
 * Whether a user event is in a list of names and patterns with commas between, ignoring case. `*`
 * alone is every event; within a name `*` and `?` stop at dots and `**` does not.
 */
export function matchesUserEvent(patterns: string, name: string): boolean {
  const lowerCaseName = name.toLowerCase();
  return patterns
    .toLowerCase()
    .split(",")
    .map((pattern) => pattern.trim())
    .some((pattern) => pattern === "*" || matchesGlob(readSteps(pattern), lowerCaseName));
}

function readSteps(pattern: string): GlobStep[] {
  return (pattern.match(/\*+|./gsu) ?? []).map((token) => {
    if (token === "?") return { kind: "any", crossesDots: false, repeats: false };
    if (!token.startsWith("*")) return { kind: "character", character: token };
    return { kind: "any", crossesDots: token.length > 1, repeats: true };
  });
}
