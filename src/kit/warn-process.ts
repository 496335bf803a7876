import { inspect } from "node:util";

/**
 * Tells whoever runs the process, on stderr, unless it was started to hear nothing of that.
 *
 * @param error What has failed, if anything has.
 */
export function warnProcess(code: string, message: string, error?: unknown): void {
  process.emitWarning(message, {
    code,
    type: "ResilientPubSubWarning",
    ...(error !== undefined && { detail: printed(error) }),
  });
}

/** Anything may be thrown, even what refuses to be printed. */
function printed(error: unknown): string {
  try {
    return inspect(error);
  } catch {
    return "(an error that cannot be printed)";
  }
}
