import type { PubSubEvents, ResilientPubSub } from "express-resilient-pubsub";

export interface LoggedEvent {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly name: string;
  readonly detail: object;
}

const CAPACITY = 100;

const FOLLOWED = [
  "endpointUp",
  "endpointDown",
  "failover",
  "failback",
  "allDown",
] as const satisfies (keyof PubSubEvents)[];

/** The last events of one app server, for its page. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];
  #lastId = 0;

  add(name: string, detail: object): void {
    this.#lastId += 1;
    this.#events.push({ id: this.#lastId, at: Date.now(), name, detail });
    if (this.#events.length > CAPACITY) this.#events.shift();
  }

  follow(pubsub: ResilientPubSub): void {
    for (const name of FOLLOWED) pubsub.events.on(name, (event) => this.add(name, event));
  }

  /** Oldest first. */
  recent(): readonly LoggedEvent[] {
    return [...this.#events];
  }
}
