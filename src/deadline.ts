import { ResilientPubSubError } from "./errors.ts";

/** Thrown (code `ERR_DEADLINE_EXCEEDED`) when an operation was not done in time. */
export class DeadlineError extends ResilientPubSubError {
  /** This process was blocked when the time was up, so it says nothing about whoever was called. */
  readonly isOwnStall: boolean;

  constructor(timeoutInMs: number, isOwnStall: boolean) {
    super("ERR_DEADLINE_EXCEEDED", `No answer within ${timeoutInMs} ms`);
    this.isOwnStall = isOwnStall;
  }
}

/**
 * Asked by the timer that ends a wait: whether it fired so late that the event loop was blocked.
 * The answer may have come in time, and nobody was there to take it.
 */
export function isOwnStall(startedAt: number, timeoutInMs: number): boolean {
  return performance.now() - startedAt - timeoutInMs > timeoutInMs / 2;
}

/**
 * Runs an operation that gets `timeoutInMs` to finish. Its signal ends it at the deadline, or when
 * the caller's signal does; the promise settles then even if the operation takes no notice.
 *
 * @throws DeadlineError, or the reason of the caller's signal.
 */
export async function withDeadline<T>(
  timeoutInMs: number,
  callerSignal: AbortSignal | undefined,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  callerSignal?.throwIfAborted();
  const controller = new AbortController();
  const startedAt = performance.now();
  const deadline = setTimeout(() => {
    controller.abort(new DeadlineError(timeoutInMs, isOwnStall(startedAt, timeoutInMs)));
  }, timeoutInMs);
  const follow = (): void => controller.abort(callerSignal?.reason);
  callerSignal?.addEventListener("abort", follow, { once: true });
  try {
    return await Promise.race([operation(controller.signal), rejectionOf(controller.signal)]);
  } catch (error) {
    // Libraries wrap the reason in errors of their own; the caller gets the reason itself.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(deadline);
    callerSignal?.removeEventListener("abort", follow);
  }
}

/** Waits for a promise, but no longer than the budget. */
export async function waitAtMost(budgetInMs: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const budget = new Promise((resolve) => {
    // This timer holds the process: whoever waits for an answer is not done.
    timer = setTimeout(resolve, budgetInMs);
  });
  try {
    await Promise.race([promise, budget]);
  } finally {
    clearTimeout(timer);
  }
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
