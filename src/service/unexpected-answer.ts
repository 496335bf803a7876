import { isResilientPubSubError, ResilientPubSubError } from "../kit/errors.ts";

/**
 * Thrown, code `ERR_UNEXPECTED_ANSWER`, when the service, or something on the way to it, answers with
 * success and with what it never answers with. It says nothing of what the answer held.
 */
export class UnexpectedAnswerError extends ResilientPubSubError {
  /** HTTP status of the answer. */
  readonly statusCode: number;

  /** @param what Of what kind it was. */
  constructor(what: string, statusCode = 200, options?: ErrorOptions) {
    const remedy = "look at what its endpoint or reverseProxyEndpoint leads to";
    super("ERR_UNEXPECTED_ANSWER", `The service answered with ${what}; ${remedy}`, options);
    this.name = "UnexpectedAnswerError";
    this.statusCode = statusCode;
  }
}

/**
 * What reading an answer failed with: the SDK takes it for what it should be, and trips over anything
 * else.
 *
 * @param what Of what kind the answer must have been.
 */
export function asUnexpected(error: unknown, what: string): unknown {
  const hasTripped = error instanceof TypeError && !isResilientPubSubError(error);
  return hasTripped ? new UnexpectedAnswerError(what, 200, { cause: error }) : error;
}
