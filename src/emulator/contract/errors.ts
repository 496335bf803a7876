import { BRAND, CodedError, isOfFamily } from "../../kit/coded-error.ts";

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

  /** @internal */
  get [BRAND](): "emulator" {
    return "emulator";
  }
}

/** Tells an error of the emulator from any other, also across duplicate installs. */
export function isEmulatorError(error: unknown): error is EmulatorError {
  return isOfFamily(error, "emulator");
}
