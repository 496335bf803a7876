import type { NegotiateAnswer, NegotiateContext } from "express-resilient-pubsub/client";

/** A negotiate that sends everybody where the test says. */
export class ScriptedNegotiate {
  /** What each negotiate was told to have failed, such as `east,west`. */
  readonly asked: string[] = [];
  /** What each answer tells for it, a number or not; undefined leaves it out. */
  epoch: unknown;
  readonly #urls: Record<string, { readonly url: string }>;
  #next: string[];

  /** @param urls By the names of the endpoints; the first is where everybody goes until told otherwise. */
  constructor(urls: Record<string, { readonly url: string }>) {
    this.#urls = urls;
    this.#next = Object.keys(urls).slice(0, 1);
  }

  /** One after the other, and in the end the last again and again. */
  sendTo(...names: string[]): void {
    this.#next = names;
  }

  readonly negotiate = ({ failed }: NegotiateContext): NegotiateAnswer => {
    this.asked.push(failed.join());
    const [name = "", ...later] = this.#next;
    if (later.length > 0) this.#next = later;
    const answer = { url: this.#urls[name]?.url ?? "", endpoint: name };
    return this.epoch === undefined ? answer : { ...answer, epoch: this.epoch as number };
  };
}
