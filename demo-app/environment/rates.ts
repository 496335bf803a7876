import type { RatesView } from "../contract/live.ts";
import { ObservableLog } from "../kit/observable-log.ts";

export interface RateSources {
  readonly endpoints: readonly string[];
  /** Messages heard since it was last asked, by endpoint. */
  takeDelivered(): readonly number[];
  without(): number;
}

const KEPT = 120;
const SECOND_IN_MS = 1000;

/** Counts what happens in each second. */
export class Rates {
  readonly log = new ObservableLog<RatesView>(KEPT);
  readonly #sources: RateSources;
  readonly #timer: NodeJS.Timeout;
  #answers: number[];
  #refused = 0;

  constructor(sources: RateSources) {
    this.#sources = sources;
    this.#answers = sources.endpoints.map(() => 0);
    this.#timer = setInterval(() => this.#add(), SECOND_IN_MS).unref();
  }

  /** A negotiate has been answered with this endpoint, or with none. */
  answered(endpoint: string | null): void {
    const index = endpoint === null ? -1 : this.#sources.endpoints.indexOf(endpoint);
    if (index < 0) this.#refused += 1;
    else this.#answers[index] = (this.#answers[index] ?? 0) + 1;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #add(): void {
    const [answers, refused] = [this.#answers, this.#refused];
    this.#answers = answers.map(() => 0);
    this.#refused = 0;
    this.log.add({
      at: Date.now(),
      answers,
      refused,
      delivered: this.#sources.takeDelivered(),
      without: this.#sources.without(),
    });
  }
}
