import { inspect } from "node:util";

/** Tells of an error that can only be the emulator's own; whoever met it is answered all the same. */
export const warnOfInternalError = (error: unknown): void =>
  warn("The emulator made a mistake; please report it.", error);

/** Tells of an error that nobody waits for. */
export function warn(message: string, error: unknown): void {
  process.emitWarning(message, {
    type: "EmulatorWarning",
    detail: error instanceof Error ? (error.stack ?? error.message) : inspect(error),
  });
}
