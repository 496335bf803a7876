import { BRAND, CodedError, isOfFamily } from "../kit/coded-error.ts";
import type { AckMessageError } from "./wire-types.ts";

/** What went wrong; explained, with remedies, in docs/error-codes.md. */
export type ClientErrorCode =
  | "ERR_INVALID_OPTIONS"
  | "ERR_INVALID_ARGUMENT"
  | "ERR_CLIENT_STARTED"
  | "ERR_CLIENT_STOPPED"
  | "ERR_NEGOTIATE_REFUSED"
  | "ERR_NEGOTIATE_FAILED"
  | "ERR_CONNECT_FAILED"
  | "ERR_CALL_REFUSED"
  | "ERR_CALL_TIMED_OUT"
  | "ERR_OUTCOME_UNKNOWN"
  | "ERR_QUEUE_FULL";

/** An error of the client helper. No text of it contains a token. */
export class PubSubClientError extends CodedError<ClientErrorCode> {
  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = "PubSubClientError";
  }

  /** @internal */
  get [BRAND](): "client" {
    return "client";
  }
}

/**
 * Tells an error of the client from any other, also across duplicate installs and builds, where
 * `instanceof` does not. It holds for an `InvalidArgumentError` as well, which is a `TypeError`.
 */
export function isPubSubClientError(error: unknown): error is PubSubClientError {
  return isOfFamily(error, "client");
}

/** Thrown, code `ERR_INVALID_ARGUMENT`, for an argument that cannot be used; nothing was sent. */
export class InvalidArgumentError extends TypeError {
  /** The same for all errors of this class. */
  readonly code = "ERR_INVALID_ARGUMENT" satisfies ClientErrorCode;

  /** @internal */
  get [BRAND](): "client" {
    return "client";
  }
}

/** Negotiate named no endpoint to connect to. */
export class NegotiateError extends PubSubClientError {
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /** How long the server asked to be left alone. */
  readonly retryAfterInMs: number | undefined;
  /** Whether that is this client's own turn, told by the plugin. To any other the client adds up to a tenth. */
  readonly isTurn: boolean;

  constructor(
    message: string,
    details: { status?: number; retryAfterInMs?: number; isTurn?: boolean; cause?: unknown } = {},
    code = codeOf(details.status),
  ) {
    super(code, message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "NegotiateError";
    this.status = details.status;
    this.retryAfterInMs = details.retryAfterInMs;
    this.isTurn = details.isTurn ?? false;
  }
}

function codeOf(status: number | undefined): ClientErrorCode {
  return status === 401 || status === 403 ? "ERR_NEGOTIATE_REFUSED" : "ERR_NEGOTIATE_FAILED";
}

/** One of another build of this package is one as well. */
export const isNegotiateError = (error: unknown): error is NegotiateError =>
  isPubSubClientError(error) && error.name === "NegotiateError";

/** A connection that was offered did not come about. */
export class ConnectError extends PubSubClientError {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** What the socket was closed with, if it was; browsers tell no more than 1006 of a refusal. */
  readonly closeCode: number | undefined;
  /**
   * Whether negotiate is told that the endpoint has failed. Not so when the page forbade the
   * connection, or had no network.
   */
  readonly isEndpointSuspect: boolean;

  constructor(endpoint: string, how: string, closeCode?: number, isEndpointSuspect = true) {
    super("ERR_CONNECT_FAILED", `The connection to ${endpoint} ${how}.`);
    this.name = "ConnectError";
    this.endpoint = endpoint;
    this.closeCode = closeCode;
    this.isEndpointSuspect = isEndpointSuspect;
  }
}

/** A message, or a change of a group, that is not known to have arrived. */
export class SendMessageError extends PubSubClientError {
  /** Undefined when no answer was asked for. */
  readonly ackId: number | undefined;
  /** What the service said, if it did. */
  readonly errorDetail: AckMessageError | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: { ackId?: number | undefined; errorDetail?: AckMessageError | undefined },
  ) {
    super(code, message);
    this.name = "SendMessageError";
    this.ackId = details.ackId;
    this.errorDetail = details.errorDetail;
  }
}

/** An invocation without a result. */
export class InvocationError extends PubSubClientError {
  /** The one that was given, or the number of the client in its place. */
  readonly invocationId: string;
  /** What the service said, if it did. */
  readonly errorDetail: AckMessageError | undefined;

  constructor(
    code: ClientErrorCode,
    message: string,
    details: { invocationId: string; errorDetail?: AckMessageError | undefined },
  ) {
    super(code, message);
    this.name = "InvocationError";
    this.invocationId = details.invocationId;
    this.errorDetail = details.errorDetail;
  }
}
