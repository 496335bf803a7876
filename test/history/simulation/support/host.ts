import type { Timeline } from "../../../coordination/support/virtual-clock.ts";

/** A process: whatever reaches it while it stands still does so afterwards, and never when it is dead. */
export class Host {
  isDead = false;
  readonly #timeline: Timeline;
  /** When it last went on after it had stood still. */
  stoppedUntil = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  stopUntil(at: number): void {
    this.stoppedUntil = Math.max(this.stoppedUntil, at);
  }

  readonly deliver = (run: () => void): void => {
    this.#waiting.push(run);
    if (this.#waiting.length === 1) this.#goOn();
  };

  /** In the order of arrival: what came while it stood still is not overtaken by what comes as it goes on. */
  #goOn(): void {
    for (let [run] = this.#waiting; run !== undefined; [run] = this.#waiting) {
      const waitInMs = this.stoppedUntil - this.#timeline.now;
      if (waitInMs > 0) {
        this.#timeline.in(waitInMs, () => this.#goOn());
        return;
      }
      this.#waiting.shift();
      if (!this.isDead) run();
    }
  }
}

/** A way on which nothing overtakes anything. */
export class Pipe {
  readonly #timeline: Timeline;
  #lastAt = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** @returns When it arrives. */
  in(inMs: number, arrive: () => void): void {
    this.#lastAt = Math.max(this.#lastAt, this.#timeline.now + inMs);
    this.#timeline.in(this.#lastAt - this.#timeline.now, arrive);
  }
}
