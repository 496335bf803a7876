import type { Clock } from "../../../src/kit/clock.ts";

interface Event {
  readonly at: number;
  /** Events of the same time happen in the order in which they were planned. */
  readonly turn: number;
  run: (() => void) | undefined;
}

/** Time that passes only from one event to the next. Milliseconds from 0. */
export class Timeline {
  #now = 0;
  #turns = 0;
  /** A binary heap: the next event first. */
  readonly #events: Event[] = [];

  get now(): number {
    return this.#now;
  }

  in(inMs: number, run: () => void): { cancel(): void } {
    const event: Event = { at: this.#now + Math.max(0, inMs), turn: this.#turns++, run };
    this.#push(event);
    return {
      cancel: () => {
        event.run = undefined;
      },
    };
  }

  /** Before each event, and at the end, all promises that are settled have been followed up. */
  async runUntil(end: number): Promise<void> {
    await settled();
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.at > end) break;
      this.#pop();
      if (next.run === undefined) continue;
      this.#now = next.at;
      next.run();
      await settled();
    }
    this.#now = end;
  }

  #push(event: Event): void {
    const events = this.#events;
    let index = events.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(event, events[parent] as Event)) break;
      events[index] = events[parent] as Event;
      index = parent;
    }
    events[index] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop() as Event;
    if (events.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= events.length) break;
      if (
        child + 1 < events.length &&
        isBefore(events[child + 1] as Event, events[child] as Event)
      ) {
        child += 1;
      }
      if (!isBefore(events[child] as Event, last)) break;
      events[index] = events[child] as Event;
      index = child;
    }
    events[index] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}

/** All microtasks run before the next immediate. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface ClockSettings {
  /** Where its monotonic time begins. */
  readonly offsetInMs: number;
  readonly wallOffsetInMs: number;
  /** How much faster than the timeline it runs: 0.02 is 2 %. */
  readonly drift: number;
}

/** The clock of one server. `deliver` may hold an event back, as a stopped process does, or drop it. */
export function clockOn(
  timeline: Timeline,
  { offsetInMs, wallOffsetInMs, drift }: ClockSettings,
  deliver: (run: () => void) => void = (run) => run(),
): Clock {
  const elapsed = (): number => timeline.now * (1 + drift);
  return {
    now: () => offsetInMs + elapsed(),
    wallClock: () => 1_700_000_000_000 + wallOffsetInMs + elapsed(),
    callIn: (inMs, callback) => {
      let isCancelled = false;
      const timer = timeline.in(inMs / (1 + drift), () =>
        deliver(() => {
          if (!isCancelled) callback();
        }),
      );
      return {
        cancel: () => {
          isCancelled = true;
          timer.cancel();
        },
      };
    },
  };
}

/** A clock of one's own for tests of a single part, and the timeline that moves it. */
export function virtualClock(): { timeline: Timeline; clock: Clock } {
  const timeline = new Timeline();
  return { timeline, clock: clockOn(timeline, { offsetInMs: 5000, wallOffsetInMs: 0, drift: 0 }) };
}
