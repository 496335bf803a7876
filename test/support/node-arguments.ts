import path from "node:path";
import { bundledProgram } from "./bundled-program.ts";

/** In place of the demo's: its programs start sooner this way, and tests start many. */
export function nodeArguments(file: string): string[] {
  return [bundledProgram(path.resolve(file))];
}
