import { ResilientPubSubError } from "./errors.ts";

/**
 * Runs an operation that gets `timeoutInMs` to finish. Its signal ends it at the deadline, or when
 * the caller's signal does; the promise settles then even if the operation takes no notice.
 *
 * @throws ResilientPubSubError `ERR_DEADLINE_EXCEEDED`, or the reason of the caller's signal.
 */
export async function withDeadline<T>(
  timeoutInMs: number,
  callerSignal: AbortSignal | undefined,
  operation: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  callerSignal?.throwIfAborted();
  const controller = new AbortController();
  const deadline = setTimeout(() => {
    const message = `No answer within ${timeoutInMs} ms`;
    controller.abort(new ResilientPubSubError("ERR_DEADLINE_EXCEEDED", message));
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
