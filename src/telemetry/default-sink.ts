import { createClientLogger, getLogLevel } from "@azure/logger";
import type { LogFields } from "../contract/logger.ts";
import type { LogLevel, LogSink } from "./log-line.ts";

const LEVELS = { error: "error", warn: "warning", info: "info", debug: "verbose" } as const;

const logger = createClientLogger("express-resilient-pubsub");

/**
 * Where lines go unless the application has said: to stderr, or wherever it has redirected the Azure
 * SDKs by `AzureLogger.log`. Unlike them it is not silent by default: as long as nobody has set a
 * level, by `AZURE_LOG_LEVEL` or `setLogLevel`, errors and warnings are written.
 */
export const defaultSink: LogSink = {
  get isDebug() {
    return logger.verbose.enabled;
  },
  write(level: LogLevel, message: string, fields: LogFields): void {
    const write = logger[LEVELS[level]];
    const text = `${message} ${JSON.stringify(fields)}`;
    if (write.enabled) write(text);
    else if (getLogLevel() === undefined && isUrgent(level))
      write.log(`${write.namespace} ${text}`);
  },
};

const isUrgent = (level: LogLevel): boolean => level === "error" || level === "warn";
