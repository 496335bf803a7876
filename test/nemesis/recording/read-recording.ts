import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Entry } from "./entry.ts";

/** All that the processes of a run have written into a folder, in order. */
export function readRecording(folder: string): Entry[] {
  const files = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return files
    .flatMap((name) => entriesIn(readFileSync(path.join(folder, name), "utf8")))
    .sort((a, b) => a.at - b.at);
}

/** Of a process that was killed while it wrote, the last line is half a line. */
function entriesIn(text: string): Entry[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Entry);
}
