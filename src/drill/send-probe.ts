import { randomBytes } from "node:crypto";
import { pause } from "../kit/pause.ts";

export interface SendProbeOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalInMs: number;
  readonly signal: AbortSignal;
}

/** How the messages of a rehearsal fared. */
export interface SendFigures {
  /** Requests to the app's route. */
  readonly sent: number;
  /** Of those, how many it accepted. */
  readonly accepted: number;
  /** Of the accepted ones: how many clients did not hear, as a share of all that should have been heard. */
  readonly missedShare: number;
  /** The most that one client has missed. */
  readonly mostMissedByOne: number;
  /** Messages that a client heard more than once. */
  readonly repeated: number;
}

const REQUEST_TIMEOUT_IN_MS = 5000;

/**
 * Asks a route of the app, again and again, to broadcast a text, and counts who hears it. The text is in
 * the body, as JSON: `{ "text": "..." }`.
 */
export class SendProbe {
  readonly #options: SendProbeOptions;
  readonly #mark = `drill-${randomBytes(6).toString("hex")}-`;
  readonly #accepted = new Set<number>();
  readonly #heard = new Map<number, Map<number, number>>();
  #sent = 0;

  constructor(options: SendProbeOptions) {
    this.#options = options;
  }

  /** Ends with the signal. Never rejects. */
  async run(): Promise<void> {
    const { signal, intervalInMs } = this.#options;
    while (!signal.aborted) {
      await this.#send(++this.#sent);
      await pause(intervalInMs, signal).catch(() => {});
    }
  }

  hear(client: number, text: string): void {
    const number = Number(new RegExp(`${this.#mark}(\\d+)`).exec(text)?.[1]);
    if (!Number.isInteger(number)) return;
    const own = this.#heard.get(client) ?? new Map<number, number>();
    own.set(number, (own.get(number) ?? 0) + 1);
    this.#heard.set(client, own);
  }

  /** @param clients How many there are. */
  figures(clients: number): SendFigures {
    const missed = Array.from({ length: clients }, (_, client) => {
      const own = this.#heard.get(client);
      return [...this.#accepted].filter((number) => !own?.has(number)).length;
    });
    const counts = [...this.#heard.values()].flatMap((own) => [...own.values()]);
    const due = this.#accepted.size * clients;
    return {
      sent: this.#sent,
      accepted: this.#accepted.size,
      missedShare: due === 0 ? 0 : missed.reduce((sum, one) => sum + one, 0) / due,
      mostMissedByOne: Math.max(0, ...missed),
      repeated: counts.filter((count) => count > 1).length,
    };
  }

  async #send(number: number): Promise<void> {
    const { url, headers, signal } = this.#options;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify({ text: `${this.#mark}${number}` }),
        redirect: "manual",
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_IN_MS)]),
      });
      await response.body?.cancel();
      if (response.ok) this.#accepted.add(number);
    } catch {
      // It was not accepted, and is counted as sent.
    }
  }
}
