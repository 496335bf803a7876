import type { Logger } from "../contract/logger.ts";
import type { OnceWarnings } from "../kit/warn-once.ts";
import type { LogSink } from "./log-line.ts";

/** The application's logger. What it throws, or rejects with, is told to the process, once. */
export function givenSink(logger: Logger, warnings: OnceWarnings): LogSink {
  const isMessageFirst = typeof (logger as { readonly log?: unknown }).log === "function";
  const failed = (error: unknown): void =>
    warnings.warn("ERR_LOGGER_FAILED", "The logger failed, and the line was lost", "", error);
  return {
    get isDebug() {
      try {
        return logger.debug !== undefined && logger.isLevelEnabled?.("debug") === true;
      } catch (error) {
        failed(error);
        return false;
      }
    },
    write(level, message, fields) {
      try {
        const written = isMessageFirst
          ? (logger as unknown as MessageFirst)[level]?.(message, fields)
          : logger[level]?.(fields, message);
        if (written instanceof Promise) written.catch(failed);
      } catch (error) {
        failed(error);
      }
    },
  };
}

type MessageFirst = Record<string, ((message: string, fields: object) => unknown) | undefined>;
