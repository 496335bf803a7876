/** What one client hears of a row of numbers, and how long it hears nothing. */
export class Hearing {
  #heardAt = Number.NEGATIVE_INFINITY;
  #silenceInMs = 0;
  #numbers = new Set();

  hear(number, now) {
    this.#silenceInMs = Math.max(this.#silenceInMs, now - this.#heardAt);
    this.#heardAt = now;
    this.#numbers.add(number);
  }

  /** What was before does not count, except that the silence may have begun already. */
  reset() {
    this.#silenceInMs = 0;
  }

  hasHeardSince = (time) => this.#heardAt >= time;

  /** Of the numbers from `first` to `last`; back is who has heard one of the `latest`. */
  sum({ first, last, latest }) {
    let heard = 0;
    for (let number = first; number <= last; number++) if (this.#numbers.has(number)) heard += 1;
    let isBack = false;
    for (let number = last - latest; number <= last; number++) isBack ||= this.#numbers.has(number);
    return { isBack, silenceInMs: this.#silenceInMs, missed: last - first + 1 - heard };
  }
}
