import type { LogFields } from "../contract/logger.ts";
import { safeText } from "../kit/safe-text.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** What an event is to those who read the log. */
export interface LogLine {
  readonly level: LogLevel;
  /** What happened, in one sentence without its full stop. */
  readonly what: string;
  /** What to do about it, if anything is to be done. */
  readonly remedy?: string | undefined;
  /**
   * Events that are alike in this, and come as often as requests do, are told once a minute, with
   * their number. Undefined for one that is told each time.
   */
  readonly alike?: string | undefined;
}

/** Where lines are written. Never throws. */
export interface LogSink {
  /** Whether lines are wanted that explain every negotiate. */
  readonly isDebug: boolean;
  write(level: LogLevel, message: string, fields: LogFields): void;
}

const maxNameLength = 200;

/** A name, of whoever gave it, on one line. */
export const quoted = (name: string): string => safeText(JSON.stringify(name), maxNameLength);

/** A duration as people say it: in its two largest units. */
export function inWords(durationInMs: number): string {
  if (durationInMs < 1000) return `${Math.round(durationInMs)} ms`;
  const seconds = Math.round(durationInMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}
