import type { Response } from "express";

/**
 * The responses that have not begun. Nothing is added to a response for that, which every request of
 * the app would pay for. For each that comes, two that are remembered are looked at, and forgotten when
 * they have begun: so no more than twice as many are kept alive as there are to be, and most of the
 * time hardly any.
 */
export class RecentResponses {
  readonly #responses: Response[] = [];
  #at = 0;

  add(res: Response): void {
    this.#lookAtNext();
    this.#lookAtNext();
    this.#responses.push(res);
  }

  unanswered(): readonly Response[] {
    return this.#responses.filter(isUnanswered);
  }

  #lookAtNext(): void {
    if (this.#at >= this.#responses.length) this.#at = 0;
    const next = this.#responses[this.#at];
    if (next === undefined) return;
    if (isUnanswered(next)) {
      this.#at += 1;
      return;
    }
    // The last one takes its place; their order is of no use.
    this.#responses[this.#at] = this.#responses.at(-1) as Response;
    this.#responses.pop();
  }
}

/** A stream has begun, and may never end; one whose client has gone will not be answered. */
function isUnanswered(res: Response): boolean {
  return !res.headersSent && !res.writableEnded && !res.destroyed;
}
