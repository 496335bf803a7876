import { inspect } from "node:util";
import { BRAND, CodedError, isOfFamily } from "../kit/coded-error.ts";

/**
 * - `ERR_INVALID_OPTIONS`: an option or argument of the emulator is wrong.
 * - `ERR_PORT_IN_USE`: somebody else listens on the port.
 * - `ERR_LISTEN_FAILED`: listening failed for any other reason; see `cause`.
 * - `ERR_EMULATOR_CLOSED`: the call came after `close()`.
 */
export type EmulatorErrorCode =
  | "ERR_INVALID_OPTIONS"
  | "ERR_PORT_IN_USE"
  | "ERR_LISTEN_FAILED"
  | "ERR_EMULATOR_CLOSED";

/** Every error the emulator raises by itself; match on `code`, the message is for people. */
export class EmulatorError extends CodedError<EmulatorErrorCode> {
  constructor(code: EmulatorErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "EmulatorError";
  }

  get [BRAND](): "emulator" {
    return "emulator";
  }
}

/** Tells an error of the emulator from any other, also across duplicate installs. */
export function isEmulatorError(error: unknown): error is EmulatorError {
  return isOfFamily(error, "emulator");
}

/** Tells of an error that can only be the emulator's own; whoever met it is answered all the same. */
export const warnOfMistake = (error: unknown): void =>
  warn("The emulator made a mistake; please report it.", error);

/** Tells of an error that nobody waits for. */
export function warn(message: string, error: unknown): void {
  process.emitWarning(message, {
    type: "EmulatorWarning",
    detail: error instanceof Error ? (error.stack ?? error.message) : inspect(error),
  });
}
