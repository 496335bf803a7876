import type { SendOutcome } from "../context/history-port.ts";
import type { Settlement, StreamPosition } from "../contract/history-store.ts";
import type { Clock } from "../kit/clock.ts";
import type { HistorySession } from "./session.ts";

/** What is settled within it goes to the store in one call. */
const GATHERING_IN_MS = 10;
/** When the store could not be told. */
const RETRY_IN_MS = 1000;
/** Beyond, the oldest are left to the outbox, which takes them for unsent when they are due. */
const maxUnsettled = 20_000;
/** Before an endpoint that has not accepted a message is sent it again. */
export const RESEND_IN_MS = 250;

interface Unsettled extends Settlement {
  /** Names of endpoints whose clients are to look, as soon as it is in use or has got this. */
  readonly owed: readonly string[];
}

interface SettlementsOptions {
  readonly session: HistorySession;
  readonly clock: Clock;
  /** Told when something is to be sent again in so many milliseconds. */
  readonly onUndelivered: (inMs: number) => void;
}

/** Tells the store how sends went, many at a time. */
export class Settlements {
  readonly #options: SettlementsOptions;
  #unsettled: Unsettled[] = [];
  #timer: { cancel(): void } | undefined;
  #flushing: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SettlementsOptions) {
    this.#options = options;
  }

  add(stream: string, position: StreamPosition, outcomes: ReadonlyMap<string, SendOutcome>): void {
    const undelivered: string[] = [];
    const owed: string[] = [];
    for (const [endpoint, outcome] of outcomes) {
      if (outcome === "unsure") undelivered.push(endpoint);
      else if (outcome !== "accepted") owed.push(endpoint);
    }
    this.#unsettled.push({ stream, position, undelivered, owed, retryInMs: RESEND_IN_MS });
    if (this.#unsettled.length > maxUnsettled) this.#unsettled.shift();
    this.#flushIn(GATHERING_IN_MS);
  }

  /** Tells what there is to tell, once more. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#flushing;
    await this.#flush();
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #flushIn(inMs: number): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#options.clock.callIn(inMs, () => {
      this.#timer = undefined;
      this.#flushing ??= this.#flush().finally(() => {
        this.#flushing = undefined;
        if (this.#unsettled.length > 0) this.#flushIn(GATHERING_IN_MS);
      });
    });
  }

  async #flush(): Promise<void> {
    const unsettled = this.#unsettled;
    if (unsettled.length === 0) return;
    this.#unsettled = [];
    const { session, onUndelivered } = this.#options;
    try {
      await tellHowItWent(session, unsettled);
    } catch {
      // The session has told why. Epochs that have ended meanwhile need no settlement.
      this.#unsettled = [...unsettled, ...this.#unsettled].slice(-maxUnsettled);
      this.#flushIn(RETRY_IN_MS);
      return;
    }
    const isOwed = unsettled.some(({ owed }) => owed.length > 0);
    if (isOwed) onUndelivered(0);
    if (unsettled.some(({ undelivered }) => undelivered.length > 0)) onUndelivered(RESEND_IN_MS);
  }
}

/** Tells the store how sends went, in one turn. @throws as `HistorySession.call` does */
export function tellHowItWent(
  session: HistorySession,
  unsettled: readonly Unsettled[],
): Promise<unknown> {
  return session.call((link) => {
    const owing = owedBy(unsettled).map(([endpoint, streams]) =>
      session.callBy(link, (connection, options) =>
        connection.owe([endpoint], [...streams], options),
      ),
    );
    // After what is owed: whoever is killed between the two leaves messages that are due.
    const settling = session.callBy(link, (connection, options) =>
      connection.settle(unsettled, options),
    );
    return Promise.all([...owing, settling]);
  });
}

/** The streams that each endpoint is owed a check of. */
function owedBy(unsettled: readonly Unsettled[]): [string, Set<string>][] {
  const streams = new Map<string, Set<string>>();
  for (const { stream, owed } of unsettled) {
    for (const endpoint of owed) {
      const known = streams.get(endpoint) ?? new Set();
      streams.set(endpoint, known.add(stream));
    }
  }
  return [...streams];
}
