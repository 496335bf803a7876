import type { LogFields } from "../../src/contract/logger.ts";
import type { LogLevel, LogSink } from "../../src/telemetry/log-line.ts";
import { noteEmitted } from "./no-secrets.ts";

export interface CollectedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** What the plugins of this test file have logged, at every level, but for those that were given a logger. */
export const collectedLines: CollectedLine[] = [];

/** Those that are seen on stderr when nobody has set a level. */
export const linesOnStderr = (): string[] =>
  collectedLines
    .filter(({ level }) => level === "error" || level === "warn")
    .map(({ message }) => message);

/** In the tests, in the place of the sink of this name in `src`: see `jest.config.js`. */
export const defaultSink: LogSink = {
  isDebug: false,
  write(level, message, fields) {
    collectedLines.push({ level, message, fields });
    noteEmitted(`${message} ${JSON.stringify(fields)}`);
  },
};
