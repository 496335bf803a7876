import path from "node:path";

/** How Node runs a program of the demo, which is written in TypeScript. @param file From the root. */
export function nodeArguments(file: string): string[] {
  return ["--import", "tsx", path.resolve(file)];
}
