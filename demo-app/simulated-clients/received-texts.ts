import type { Hearer } from "./process-messages.ts";

const KEPT_TEXTS = 300;

/** Who has heard what; only the last texts are remembered. */
export class Hearsay {
  readonly #hearers = new Map<string, Hearer[]>();

  add(text: string, id: number): void {
    const hearers = this.#hearers.get(text) ?? this.#begin(text);
    hearers.push({ id, at: Date.now() });
  }

  hearersOf(text: string): readonly Hearer[] {
    return this.#hearers.get(text) ?? [];
  }

  #begin(text: string): Hearer[] {
    const [oldest] = this.#hearers.keys();
    if (oldest !== undefined && this.#hearers.size >= KEPT_TEXTS) this.#hearers.delete(oldest);
    const hearers: Hearer[] = [];
    this.#hearers.set(text, hearers);
    return hearers;
  }
}
