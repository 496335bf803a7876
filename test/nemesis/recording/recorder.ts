import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { type Entry, type Happening, now } from "./entry.ts";

const LAG_TICK_IN_MS = 50;
/** What is shorter is usual. */
const LEAST_LAG_IN_MS = 100;

/**
 * What one process has to say, a line of JSON each, written at once: whoever is killed the next moment
 * has said it.
 */
export class Recorder {
  readonly #by: string;
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onEntry: (entry: Entry) => void;
  #isClosed = false;

  /** @param by The process, whose file is named by it. */
  constructor(folder: string, by: string, onEntry: (entry: Entry) => void = () => {}) {
    this.#by = by;
    this.#file = openSync(path.join(folder, `${by}.jsonl`), "a");
    this.#onEntry = onEntry;
    let due = now() + LAG_TICK_IN_MS;
    this.#timer = setInterval(() => {
      const forInMs = now() - due;
      due = now() + LAG_TICK_IN_MS;
      if (forInMs > LEAST_LAG_IN_MS) this.record({ kind: "lag", forInMs });
    }, LAG_TICK_IN_MS);
    this.#timer.unref();
  }

  record(happening: Happening, at = now()): void {
    if (this.#isClosed) return;
    const entry: Entry = { at, by: this.#by, ...happening };
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#onEntry(entry);
  }

  /** Also tells of what nobody has caught. */
  recordComplaints(): void {
    const complain = (what: string): void => this.record({ kind: "complaint", what });
    process.on("unhandledRejection", (reason) =>
      complain(`unhandled rejection: ${textOf(reason)}`),
    );
    process.on("warning", (warning) => complain(`warning: ${textOf(warning)}`));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    closeSync(this.#file);
  }
}

const textOf = (reason: unknown): string =>
  reason instanceof Error ? (reason.stack ?? String(reason)) : String(reason);
