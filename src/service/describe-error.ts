import { isResilientPubSubError } from "../kit/errors.ts";
import { safeText } from "../kit/safe-text.ts";
import { classifyFailure } from "./failure.ts";

/** What anybody may know of an error: nothing of it was written by a service, a proxy or a caller. */
export interface ErrorDescription {
  /** A code of this package, of the service or of the system. */
  readonly code: string | undefined;
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** One line. */
  readonly message: string;
}

/** As the system and this package write codes, or as the service does: `Error.BadRequest`. */
const CODE = /^(?=.{1,64}$)([A-Z][A-Z0-9_]+|[A-Za-z]+(\.[A-Za-z]+)*)$/;
const maxMessageLength = 500;

/** @param error Whatever was thrown. */
export function describeError(error: unknown): ErrorDescription {
  const { kind, status, label } = classifyFailure(error);
  const { code: given } = (error ?? {}) as { code?: unknown };
  const code = typeof given === "string" && CODE.test(given) ? given : undefined;
  if (isResilientPubSubError(error)) {
    // Errors of arguments are of another class, and have no JSON of their own.
    const { message } = error.toJSON?.() ?? error;
    return { code, status, message: safeText(message, maxMessageLength) };
  }
  const known = kind === "other" ? label : code;
  const details = [status !== undefined && `status ${status}`, known].filter(Boolean).join(", ");
  return { code, status, message: MESSAGES[kind] + (details && ` (${details})`) };
}

const MESSAGES = {
  answer: "The service refused or failed",
  credential: "No token for the service could be had",
  network: "The connection was not made, or was lost",
  deadline: "There was no answer in time",
  "own-stall": "There was no time left for an answer",
  "own-exhaustion": "This process has no sockets, ports, files or memory left",
  other: "The call was ended, or something of this process has failed",
} as const;
