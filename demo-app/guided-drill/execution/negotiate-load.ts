import { messageOf } from "../../kit/message-of.ts";
import { orLate } from "../../kit/pause.ts";

export interface NegotiateAnswer {
  /** Epoch milliseconds. */
  readonly sentAt: number;
  readonly at: number;
  readonly endpoint: string;
}

type Ask = () => Promise<{ readonly endpoint: string }>;

const TIMEOUT_IN_MS = 5000;

/** Negotiates at a steady pace, whatever happens, and remembers every answer. */
export class NegotiateLoad {
  readonly #ask: Ask;
  readonly #timer: NodeJS.Timeout;
  readonly #pending = new Set<Promise<void>>();
  readonly #answers: NegotiateAnswer[] = [];
  readonly #failures: string[] = [];

  constructor(ask: Ask, perSecond: number) {
    this.#ask = ask;
    this.#timer = setInterval(() => this.#send(), 1000 / perSecond);
  }

  get answers(): readonly NegotiateAnswer[] {
    return this.#answers;
  }

  /** Why those that were not answered were not. */
  get failures(): readonly string[] {
    return this.#failures;
  }

  /** Sends no more, and waits for the answers under way. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
  }

  #send(): void {
    const sending = this.#negotiate().finally(() => this.#pending.delete(sending));
    this.#pending.add(sending);
  }

  async #negotiate(): Promise<void> {
    const sentAt = Date.now();
    try {
      const answer = await orLate(this.#ask(), null, TIMEOUT_IN_MS);
      if (answer === null) this.#failures.push(`no answer within ${TIMEOUT_IN_MS} ms`);
      else this.#answers.push({ sentAt, at: Date.now(), endpoint: answer.endpoint });
    } catch (error) {
      this.#failures.push(messageOf(error));
    }
  }
}
