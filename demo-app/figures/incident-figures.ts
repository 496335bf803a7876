import type { ClientMove } from "../contract/environment.ts";
import type { CrowdFigures, FiguresView, MoveFigures } from "../contract/live.ts";
import { distributionOf } from "../kit/distribution.ts";
import { type DeliveryChange, NO_CHANGE } from "../simulated-clients/delivery-record.ts";

/** One part of the clients, as it is now. */
export interface CrowdNow {
  readonly clients: number;
  readonly without: number;
  readonly deaf: number;
  readonly deliveries: DeliveryChange;
}

export type CrowdName = keyof FiguresView["crowds"];

export type CrowdsNow = Readonly<Record<CrowdName, CrowdNow | null>>;

const CROWD_NAMES = ["withHistory", "withoutHistory", "microsoft"] as const;

interface Moves {
  failover: number[];
  failback: number[];
}

/**
 * What each part of the clients has gone through since the last thing that was done to the
 * environment: failover and failback apart, and what was missed meanwhile.
 */
export class IncidentFigures {
  #since: FiguresView["since"] = null;
  #before: Partial<Record<CrowdName, DeliveryChange>> = {};
  #moves = new Map<CrowdName, Moves>();

  /** Something is done to the environment: from now on, everything counts anew. */
  begin(text: string, at: number, now: CrowdsNow): void {
    this.#since = { at, text };
    this.#moves = new Map();
    this.#before = {};
    for (const name of CROWD_NAMES) {
      const { deliveries } = now[name] ?? {};
      if (deliveries) this.#before[name] = deliveries;
    }
  }

  /** @param isReturn It has moved home. */
  moved(crowd: CrowdName, { downtimeInMs }: ClientMove, isReturn: boolean): void {
    const moves = this.#moves.get(crowd) ?? { failover: [], failback: [] };
    this.#moves.set(crowd, moves);
    moves[isReturn ? "failback" : "failover"].push(downtimeInMs);
  }

  view(now: CrowdsNow): FiguresView {
    const { withHistory, withoutHistory, microsoft } = now;
    return {
      since: this.#since,
      crowds: {
        withHistory: this.#figures("withHistory", withHistory) ?? NO_FIGURES,
        withoutHistory: this.#figures("withoutHistory", withoutHistory) ?? NO_FIGURES,
        microsoft: this.#figures("microsoft", microsoft),
      },
    };
  }

  #figures(name: CrowdName, now: CrowdNow | null): CrowdFigures | null {
    if (!now) return null;
    const { clients, without, deaf, deliveries } = now;
    const before = this.#before[name] ?? NO_CHANGE;
    const moves = this.#moves.get(name);
    return {
      clients,
      without,
      deaf,
      failover: figuresOf(moves?.failover),
      failback: figuresOf(moves?.failback),
      sent: deliveries.sent - before.sent,
      // What was missing at the beginning may have come since, out of order.
      missed: Math.max(0, deliveries.missed - before.missed),
      missedUntold: deliveries.missedUntold - before.missedUntold,
      replayed: deliveries.replayed - before.replayed,
      doubled: deliveries.doubled - before.doubled,
      outOfOrder: deliveries.outOfOrder - before.outOfOrder,
    };
  }
}

const NO_FIGURES: CrowdFigures = {
  clients: 0,
  without: 0,
  deaf: 0,
  failover: null,
  failback: null,
  ...NO_CHANGE,
};

function figuresOf(downtimes: readonly number[] = []): MoveFigures | null {
  if (downtimes.length === 0) return null;
  const { p50, p99 } = distributionOf(downtimes);
  return { moves: downtimes.length, p50InMs: Math.round(p50), p99InMs: Math.round(p99) };
}
