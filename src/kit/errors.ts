/** Codes of the errors and problem answers of this package; each has an entry in `docs/error-codes.md`. */
export type ErrorCode =
  | "ERR_INVALID_OPTIONS"
  | "ERR_INVALID_ARGUMENT"
  | "ERR_UNKNOWN_ENDPOINT"
  | "ERR_FAN_OUT_FAILED"
  | "ERR_DEADLINE_EXCEEDED"
  | "ERR_CLOSED"
  | "ERR_UNAUTHENTICATED"
  | "ERR_AUTHENTICATE_FAILED"
  | "ERR_NO_HEALTHY_ENDPOINT"
  | "ERR_OVERLOADED"
  | "ERR_WRONG_TOPOLOGY"
  | "ERR_STORE_UNAVAILABLE"
  | "ERR_STORE_REFUSED"
  | "ERR_STORE_UNREADABLE"
  | "ERR_UNHEALTHY_ENDPOINT"
  | "ERR_ENDPOINTS_DIFFER"
  | "ERR_NO_AGREEMENT"
  | "ERR_ORIGIN_NOT_ALLOWED"
  | "ERR_UNKNOWN_HUB"
  | "ERR_MISSING_HEADER"
  | "ERR_INVALID_SIGNATURE"
  | "ERR_MALFORMED_BODY"
  | "ERR_BODY_TOO_LARGE"
  | "ERR_BODY_CONSUMED"
  | "ERR_UNSUPPORTED_EVENT"
  | "ERR_HANDLER_FAILED";

const BRAND = Symbol.for("express-resilient-pubsub.error");
type Branded = { [BRAND]?: true };

/** An error with a stable `code`. Match the code, not the message. */
export class ResilientPubSubError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ResilientPubSubError";
    this.code = code;
  }

  get [BRAND](): true {
    return true;
  }
}

/** One option that cannot be used. */
export interface OptionProblem {
  /** Where the option stands, such as `endpoints[1].connectionString`. */
  path: string;
  /** What it got and what would be right. Never contains a key. */
  message: string;
}

/** Thrown at construction, code `ERR_INVALID_OPTIONS`; lists every problem at once. */
export class InvalidOptionsError extends ResilientPubSubError {
  readonly problems: readonly OptionProblem[];

  /** @param what The function that was given them. */
  constructor(problems: readonly OptionProblem[], what = "resilientPubSub") {
    const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
    super("ERR_INVALID_OPTIONS", `Invalid options for ${what}:\n${lines.join("\n")}`);
    this.name = "InvalidOptionsError";
    this.problems = problems;
  }
}

/** Thrown, code `ERR_INVALID_ARGUMENT`, for an argument that cannot be used, before anything is sent. */
export class InvalidArgumentError extends TypeError {
  readonly code = "ERR_INVALID_ARGUMENT" satisfies ErrorCode;

  get [BRAND](): true {
    return true;
  }
}

/** Tells an error of this package from any other, also across duplicate installs. */
export function isResilientPubSubError(error: unknown): error is ResilientPubSubError {
  return (error as Branded | undefined)?.[BRAND] === true;
}
