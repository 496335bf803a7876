import type { SendFate } from "./simulated-region.ts";
import type { CallFate } from "./simulated-store.ts";
import { type Fault, isAmong, type Story } from "./story.ts";

const NEVER = undefined;

/** What the faults of a story make of a call, at the time of the call. */
export class SimulatedNetwork {
  readonly #story: Story;
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(story: Story, now: () => number, random: () => number) {
    this.#story = story;
    this.#now = now;
    this.#random = random;
  }

  delayInMs(): number {
    return this.#random() * this.#story.delayInMs;
  }

  ofStore(server: number): CallFate {
    const [arrivesInMs, answersInMs] = [this.delayInMs(), this.delayInMs()];
    const fault = this.#under("store", (one) => isAmong(one.mask, server));
    const usual: CallFate = { arrivesInMs, answersInMs, failure: undefined };
    if (!fault) return usual;
    const laterInMs = this.#random() * fault.forMs;
    switch (fault.how) {
      case "refuses":
        return { ...usual, failure: "instead" };
      case "fails-when-done":
        return { ...usual, failure: "when-done" };
      case "loses-requests":
        return { ...usual, arrivesInMs: NEVER };
      case "loses-answers":
        return { ...usual, answersInMs: NEVER };
      case "delays-requests":
        return { ...usual, arrivesInMs: laterInMs };
      case "delays-answers":
        return { ...usual, answersInMs: laterInMs };
    }
  }

  /** @param isMessage A frame without a message is not refused. */
  ofSend(server: number, region: number, timeoutInMs: number, isMessage: boolean): SendFate {
    const isConcerned = (one: Extract<Fault, { kind: "send" }>): boolean =>
      isAmong(one.mask, server) &&
      one.region === region &&
      (isMessage || one.how !== "refused") &&
      this.#random() < one.share;
    const fault = this.#under("send", isConcerned);
    const arrivesInMs = this.delayInMs();
    const answersInMs = arrivesInMs + this.delayInMs();
    const usual: SendFate = { outcome: "accepted", arrivesInMs, answersInMs, isGray: false };
    switch (fault?.how) {
      case undefined:
        return usual;
      case "unsure-sent":
        return { ...usual, outcome: "unsure", answersInMs: timeoutInMs };
      case "unsure-lost":
        return { ...usual, outcome: "unsure", arrivesInMs: NEVER };
      case "gray":
        return { ...usual, isGray: true };
      case "refused":
        return { ...usual, outcome: "refused", arrivesInMs: NEVER };
      case "late":
        return this.#late(usual, timeoutInMs);
    }
  }

  isOffline(client: number): boolean {
    return this.#under("offline", (one) => one.client === client) !== undefined;
  }

  #late(usual: SendFate, timeoutInMs: number): SendFate {
    const arrivesInMs = this.#random() * 3 * timeoutInMs;
    if (arrivesInMs < timeoutInMs) return { ...usual, arrivesInMs, answersInMs: arrivesInMs };
    return { ...usual, outcome: "unsure", arrivesInMs, answersInMs: timeoutInMs };
  }

  #under<K extends Fault["kind"]>(
    kind: K,
    isConcerned: (fault: Extract<Fault, { kind: K }>) => boolean,
  ): Extract<Fault, { kind: K }> | undefined {
    const now = this.#now();
    return this.#story.faults.find((fault): fault is Extract<Fault, { kind: K }> => {
      if (fault.kind !== kind || fault.at > now || !("forMs" in fault)) return false;
      return now < fault.at + fault.forMs && isConcerned(fault as Extract<Fault, { kind: K }>);
    });
  }
}
