import type { InvitedClient } from "../context/history-port.ts";
import type { PluginContext } from "../context/plugin-context.ts";
import type { Clock } from "../kit/clock.ts";
import { CatchUps } from "./catch-ups.ts";
import { Confirmations } from "./confirmations.ts";
import { EntryCache } from "./entry-cache.ts";
import { Invitations } from "./invitations.ts";
import type { StreamAllowances } from "./stream-allowances.ts";
import type { StreamCalls } from "./stream-calls.ts";

/** What reads the history by. */
export interface HistoryReadsOptions {
  readonly calls: StreamCalls;
  /** Whether messages to a stream are kept. */
  readonly isTracked: (stream: string) => boolean;
  /** For how long a client that negotiates is kept waiting, milliseconds. */
  readonly appendTimeoutInMs: number;
  /** Which groups users may be the first to name. Default: all. */
  readonly allowances?: StreamAllowances | undefined;
  readonly clock?: Clock | undefined;
}

/** All that is read of the history for clients: where streams end, and what they have missed. */
export class HistoryReads {
  readonly catchUps: CatchUps;
  readonly #confirmations: Confirmations;
  readonly #invitations: Invitations;

  constructor(
    context: PluginContext,
    { calls, isTracked, appendTimeoutInMs, allowances, clock }: HistoryReadsOptions,
  ) {
    const confirmations = new Confirmations((streams) => calls.tops(streams), clock);
    const entries = new EntryCache((questions) => calls.ranges(questions));
    this.#confirmations = confirmations;
    this.#invitations = new Invitations({
      confirmations,
      isTracked,
      timeoutInMs: appendTimeoutInMs,
      clock,
    });
    this.catchUps = new CatchUps(context, { confirmations, entries, isTracked, allowances });
  }

  /** As `HistoryPort` has it. */
  invite(client: InvitedClient): Promise<Readonly<Record<string, string>>> {
    return this.#invitations.positionsFor(client);
  }

  /** Whoever waits for the store is refused. */
  close(): void {
    this.#confirmations.close();
  }
}
