import type { AbortSignalLike } from "../contract/abort-signal.ts";
import { Deadline, DeadlineError, reasonOf } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { safeErrorOf } from "./safe-errors.ts";

/**
 * Thrown, code `ERR_BUSY`, for a call that never got a socket: the endpoint has seen nothing of it,
 * and is not to blame.
 */
export class BusyError extends ResilientPubSubError {
  constructor(message: string) {
    super("ERR_BUSY", message);
    this.name = "BusyError";
  }
}

/** What a call failed with whose signal may have ended it, fit to be told. */
export function reasonOfFailure(signal: AbortSignalLike, thrown: unknown): unknown {
  // Libraries wrap the reason in errors of their own; the caller gets the reason itself. How far the
  // call came is known to the pool alone.
  const isOfPool = thrown instanceof BusyError || thrown instanceof DeadlineError;
  return signal.aborted && !isOfPool ? reasonOf(signal) : safeErrorOf(thrown);
}

/** Whether time was up, rather than that the caller has changed its mind. */
export const isDeadlineOf = (signal: AbortSignalLike): boolean =>
  reasonOf(signal) instanceof DeadlineError;

/**
 * Makes one call of an endpoint's client, which gets `timeoutInMs` to be answered.
 *
 * @throws DeadlineError, the reason of the caller's signal, or what the call failed with
 */
export async function callWithin<T>(
  timeoutInMs: number,
  callerSignal: AbortSignalLike | undefined,
  call: (signal: AbortSignalLike) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutInMs, callerSignal);
  try {
    return await call(deadline);
  } catch (error) {
    throw reasonOfFailure(deadline, error);
  } finally {
    deadline.end();
  }
}
