import type { Observation } from "../contract/coordination.ts";
import { differencesFrom, type EndpointsDifference } from "./differences.ts";
import { parseReport } from "./observation.ts";
import { callRoll, departed, notCalled, present, type RollCall, voters } from "./roll-call.ts";

/** The other servers, as far as this one has asked the store for what they say. */
export class Others {
  readonly #self: string;
  readonly #leaseInMs: number;
  readonly #differ: (differences: readonly EndpointsDifference[]) => void;
  #rollCall: RollCall = notCalled;
  #told = "[]";

  /** @param differ Told of servers that know other endpoints, when something about it has changed. */
  constructor(
    self: string,
    leaseInMs: number,
    differ: (differences: readonly EndpointsDifference[]) => void,
  ) {
    this.#self = self;
    this.#leaseInMs = leaseInMs;
    this.#differ = differ;
  }

  get hasBeenAsked(): boolean {
    return this.#rollCall !== notCalled;
  }

  /** @param askedAt Monotonic milliseconds. */
  hear(said: ReadonlyMap<string, string>, askedAt: number, own: Observation): void {
    const others = new Map([...said].filter(([server]) => server !== this.#self));
    this.#rollCall = callRoll(this.#rollCall, others, askedAt);
    const differences = differencesFrom(own, this.present(askedAt));
    const told = JSON.stringify(differences);
    if (told === this.#told) return;
    this.#told = told;
    this.#differ(differences);
  }

  present(now: number): ReadonlyMap<string, Observation> {
    return present(this.#rollCall, this.#leaseInMs, now);
  }

  /** Those who have a say in a move, as of when they were asked. */
  get voters(): Observation[] {
    return voters(this.#rollCall, this.#leaseInMs);
  }

  /** Somebody who is gone for good, and whose words may be forgotten. */
  get departed(): string | undefined {
    return departed(this.#rollCall, this.#leaseInMs)[0];
  }
}

/** What the others say, however long ago. */
export function allObservations(
  said: ReadonlyMap<string, string>,
  self: string,
): ReadonlyMap<string, Observation> {
  const others = [...said].filter(([server]) => server !== self);
  return new Map(others.map(([server, text]) => [server, parseReport(text).endpoints]));
}
