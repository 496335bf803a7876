import { isOwnStall } from "../kit/deadline.ts";

/**
 * Notices that an endpoint leaves its checks unanswered, long before their deadline. That is no
 * evidence yet, but a reason to go elsewhere for whoever can.
 */
export class SilenceDetector {
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** A check has begun. The patience is counted from the first one that is not answered. */
  expectAnswer(patienceInMs: number): void {
    if (this.#timer || this.#isSilent) return;
    const startedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (isOwnStall(startedAt, patienceInMs)) this.expectAnswer(patienceInMs);
      else this.#isSilent = true;
    }, patienceInMs).unref();
  }

  /** The endpoint has been heard, or is not listened to any more. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSilent = false;
  }
}
