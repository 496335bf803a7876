import type { ErrorCode } from "../contract/error-code.ts";
import type { ErrorJson } from "../contract/error-json.ts";
import { BRAND, CodedError, isOfFamily } from "./coded-error.ts";
import { safeText } from "./safe-text.ts";

const maxMessageLength = 1000;

/**
 * What this package throws and rejects with: an error with a stable `code`. Match the code, not the
 * message, which may change.
 */
export class ResilientPubSubError extends CodedError<ErrorCode> {
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "ResilientPubSubError";
  }

  /** What may be sent to anybody: one line, without the cause. */
  toJSON(): ErrorJson {
    const { name, code, message } = this;
    return { name, code, message: safeText(message, maxMessageLength) };
  }

  /** @internal */
  get [BRAND](): "plugin" {
    return "plugin";
  }
}

/** One option that cannot be used. */
export interface OptionProblem {
  /** Where the option stands, such as `endpoints[1].connectionString`. */
  path: string;
  /** What it got and what would be right. Never contains a key. */
  message: string;
}

/** A line for each problem, below one that names what was given them. */
export const invalidOptionsMessage = (problems: readonly OptionProblem[], what: string): string =>
  [
    `Invalid options for ${what}:`,
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
  ].join("\n");

/**
 * Thrown, code `ERR_INVALID_OPTIONS`, by `resilientPubSub` and whatever else takes options of the
 * plugin; lists every problem at once.
 */
export class InvalidOptionsError extends ResilientPubSubError {
  /** One for each option that cannot be used. */
  readonly problems: readonly OptionProblem[];

  /**
   * @param problems One for each option that cannot be used.
   * @param what The function that was given them.
   */
  constructor(problems: readonly OptionProblem[], what = "resilientPubSub") {
    super("ERR_INVALID_OPTIONS", invalidOptionsMessage(problems, what));
    this.name = "InvalidOptionsError";
    this.problems = problems;
  }
}

/**
 * Thrown, code `ERR_INVALID_ARGUMENT`, for an argument that cannot be used, before anything is
 * sent.
 */
export class InvalidArgumentError extends TypeError {
  /** The same for all errors of this class. */
  readonly code = "ERR_INVALID_ARGUMENT" satisfies ErrorCode;

  /** @internal */
  get [BRAND](): "plugin" {
    return "plugin";
  }
}

/**
 * Tells an error of this package from any other, also across duplicate installs, where `instanceof`
 * fails. It holds for an `InvalidArgumentError` as well, which is a `TypeError`. An error of the
 * client or the emulator is another family's.
 *
 * @example
 * ```ts
 * try {
 *   await pubsub.sendToUser("ada", { text: "hi" });
 * } catch (error) {
 *   if (!isResilientPubSubError(error)) throw error;
 *   console.error(error.code); // such as "ERR_FAN_OUT_FAILED" or "ERR_CLOSED"
 * }
 * ```
 */
export function isResilientPubSubError(error: unknown): error is ResilientPubSubError {
  return isOfFamily(error, "plugin");
}
