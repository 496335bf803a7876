import { isOwnStall } from "../kit/deadline.ts";

/**
 * Notices that an endpoint leaves its checks unanswered, long before their deadline. That is no
 * evidence yet, but a reason to go elsewhere for whoever can.
 */
export class Silence {
  #timer: NodeJS.Timeout | undefined;
  #isSilent = false;

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** A check has begun. The patience is counted from the first one that is not answered. */
  listen(patienceInMs: number): void {
    if (this.#timer || this.#isSilent) return;
    const startedAt = performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (isOwnStall(startedAt, patienceInMs)) this.listen(patienceInMs);
      else this.#isSilent = true;
    }, patienceInMs).unref();
  }

  /** The endpoint has been heard, or is not listened to any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSilent = false;
  }
}
