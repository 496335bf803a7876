import type { Clock } from "../kit/clock.ts";

/** When the store is to be looked at again: after the usual interval, or after a quarter of it. */
export type NextPoll = "as-usual" | "soon";

export interface PollSchedulerOptions {
  readonly pollIntervalInMs: number;
  readonly clock: Clock;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Never rejects. */
  readonly poll: () => Promise<NextPoll>;
  /** Whether the next poll is to come soon, whatever the last one has found. */
  readonly isUrgent: () => boolean;
}

/** Decides when the store is looked at. Nothing is begun before what was begun before has ended. */
export class PollScheduler {
  readonly #options: PollSchedulerOptions;
  #timer: { cancel(): void } | undefined;
  #running: Promise<void> | undefined;
  #startedAt = Number.NEGATIVE_INFINITY;
  /** Asked for while a poll is under way. */
  #isSoonWanted = false;
  #isClosed = false;

  constructor(options: PollSchedulerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#scheduleIn(0);
  }

  pollSoon(): void {
    if (this.#running) this.#isSoonWanted = true;
    else this.#scheduleIn(this.#startedAt + this.#soonInMs - this.#options.clock.now());
  }

  /** Resolves when a poll has ended that began after this call. */
  async pollNow(): Promise<void> {
    await this.#running;
    this.#poll();
    await this.#running;
  }

  /** Does something else in the turn of a poll, which may have had something to do: it comes soon. */
  async runInsteadOfPoll<T>(work: () => Promise<T>): Promise<T> {
    while (this.#running) await this.#running;
    const result = work();
    const soon = (): NextPoll => "soon";
    this.#run(result.then(soon, soon));
    return result;
  }

  /** No further poll begins. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** Resolves when what is under way has ended. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #poll(): void {
    if (this.#running || this.#isClosed) return;
    this.#run(this.#options.poll());
  }

  #run(work: Promise<NextPoll>): void {
    const { clock, isUrgent } = this.#options;
    this.#timer?.cancel();
    this.#startedAt = clock.now();
    this.#isSoonWanted = false;
    this.#running = work.then((next) => {
      this.#running = undefined;
      const elapsedInMs = clock.now() - this.#startedAt;
      const isSoon = isUrgent() || next === "soon" || this.#isSoonWanted;
      this.#scheduleIn((isSoon ? this.#soonInMs : this.#intervalInMs) - elapsedInMs);
    });
  }

  #scheduleIn(inMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.callIn(Math.max(0, inMs), () => this.#poll());
  }

  get #intervalInMs(): number {
    const { pollIntervalInMs, random } = this.#options;
    // Servers that were started together should not ask the store together for ever.
    return pollIntervalInMs * (0.9 + 0.1 * random());
  }

  get #soonInMs(): number {
    return this.#options.pollIntervalInMs / 4;
  }
}
