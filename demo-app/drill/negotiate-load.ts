import { Journal } from "../journal.ts";
import { negotiate } from "./negotiate.ts";

/** What became of one negotiate; without `endpoint` it failed. */
export interface RecordedAnswer {
  /** Monotonic milliseconds. */
  readonly sentAt: number;
  readonly at: number;
  readonly endpoint?: string;
  readonly failure?: string;
}

/** Negotiates at a steady pace, whatever happens, and records every answer. */
export class NegotiateLoad {
  readonly answers = new Journal<RecordedAnswer>();
  readonly #serverUrl: string;
  readonly #timer: NodeJS.Timeout;
  readonly #underway = new Set<Promise<void>>();

  constructor(serverUrl: string, perSecond: number) {
    this.#serverUrl = serverUrl;
    this.#timer = setInterval(() => this.#send(), 1000 / perSecond);
  }

  get failures(): readonly RecordedAnswer[] {
    return this.answers.entries.filter(({ endpoint }) => endpoint === undefined);
  }

  /** Sends no more, and waits for the answers under way. Idempotent. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underway);
  }

  #send(): void {
    const sending = this.#negotiate().finally(() => this.#underway.delete(sending));
    this.#underway.add(sending);
  }

  async #negotiate(): Promise<void> {
    const sentAt = performance.now();
    const outcome = await negotiate(this.#serverUrl, "load").then(
      ({ endpoint }) => ({ endpoint }),
      (error) => ({ failure: String(error) }),
    );
    this.answers.add({ sentAt, at: performance.now(), ...outcome });
  }
}
