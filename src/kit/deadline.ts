import type { AbortSignalLike } from "../contract/abort-signal.ts";
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
export function isOwnStall(
  startedAt: number,
  timeoutInMs: number,
  now = performance.now(),
): boolean {
  return now - startedAt - timeoutInMs > timeoutInMs / 2;
}

type Listener = Parameters<AbortSignalLike["addEventListener"]>[1];

/**
 * A time limit, and at the same time the signal for whatever is done under it; the caller's signal
 * ends it early. It is much lighter than a signal of the platform, of which each operation would
 * need one, with a listener for each endpoint.
 */
export class Deadline implements AbortSignalLike {
  aborted = false;
  /** A DeadlineError, or why it was ended early. */
  reason: unknown;
  readonly #listeners = new Set<Listener>();
  readonly #callerSignal: AbortSignalLike | undefined;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;

  /** @throws the reason of the caller's signal when it has ended already */
  constructor(timeoutInMs: number, callerSignal?: AbortSignalLike) {
    if (callerSignal?.aborted) throw reasonOf(callerSignal);
    const startedAt = performance.now();
    this.#endsAt = startedAt + timeoutInMs;
    this.#timer = setTimeout(() => {
      this.#abort(new DeadlineError(timeoutInMs, isOwnStall(startedAt, timeoutInMs)));
    }, timeoutInMs);
    this.#callerSignal = callerSignal;
    callerSignal?.addEventListener("abort", this.#follow);
  }

  get remainingInMs(): number {
    return this.#endsAt - performance.now();
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  /** To be called when all is done: its timer would hold the process. */
  end(): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener("abort", this.#follow);
  }

  #follow = (): void => this.#abort(this.#callerSignal && reasonOf(this.#callerSignal));

  #abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    for (const listener of [...this.#listeners]) listener.call(this, { type: "abort" });
  }
}

/**
 * What the promise comes to, unless the signal ends first; also if the operation behind the promise
 * takes no notice of it.
 *
 * @throws the reason of the signal
 */
export async function unlessAborted<T>(signal: AbortSignalLike, promise: Promise<T>): Promise<T> {
  let end = (): void => {};
  const ended = new Promise<never>((_, reject) => {
    end = () => reject(reasonOf(signal));
  });
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    return await Promise.race([promise, ended]);
  } catch (error) {
    // Libraries wrap the reason in errors of their own; the caller gets the reason itself.
    throw signal.aborted ? reasonOf(signal) : error;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** Signals that are only like those of the platform have no reason. */
export function reasonOf(signal: AbortSignalLike): unknown {
  const { reason } = signal as { reason?: unknown };
  return reason ?? new DOMException("This operation was aborted", "AbortError");
}

/**
 * Runs an operation that gets `timeoutInMs` to finish. Its signal ends it at the deadline, or when
 * the caller's signal does; the promise settles then even if the operation takes no notice.
 *
 * @throws DeadlineError, or the reason of the caller's signal.
 */
export async function withDeadline<T>(
  timeoutInMs: number,
  callerSignal: AbortSignalLike | undefined,
  operation: (signal: AbortSignalLike) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutInMs, callerSignal);
  try {
    return await unlessAborted(deadline, operation(deadline));
  } finally {
    deadline.end();
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
