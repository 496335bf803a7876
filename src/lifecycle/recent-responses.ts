import type { Response } from "express";

/** How many are remembered, at least, before those are forgotten that have been answered. */
const MIN_LIMIT = 16;

/**
 * The responses that have not begun. Nothing is added to a response for that, which every request of
 * the app would pay for: those that have begun are found, and forgotten, now and then.
 */
export class RecentResponses {
  #responses: Response[] = [];
  #limit = MIN_LIMIT;

  add(res: Response): void {
    if (this.#responses.push(res) >= this.#limit) this.unanswered();
  }

  unanswered(): readonly Response[] {
    this.#responses = this.#responses.filter(isUnanswered);
    this.#limit = 2 * this.#responses.length + MIN_LIMIT;
    return this.#responses;
  }
}

/** A stream has begun, and may never end; one whose client has gone will not be answered. */
function isUnanswered({ headersSent, writableEnded, destroyed }: Response): boolean {
  return !headersSent && !writableEnded && !destroyed;
}
