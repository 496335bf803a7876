import { performance } from "node:perf_hooks";

/** What Express on a small machine was measured to take for a negotiate, until this server has been. */
const FIRST_COST_IN_MS = 1 / 8;
const COST_IN_MS = { min: 1 / 50, max: 10 };

/** So few that a burst, such as many clients that start together, fills the time of several. */
const BATCH_SIZE = 20;
/** In more time than this, a server does too much else for it to be the cost of the negotiates. */
const maxBatchInMs = 200;
const SATURATED = 0.9;
/** How much one batch counts against all before. */
const BATCH_SHARE = 0.05;

/** Negotiates that were answered one after the other, and how busy the event loop was meanwhile. */
export interface Batch {
  readonly count: number;
  readonly activeInMs: number;
  readonly elapsedInMs: number;
}

/**
 * What a negotiate costs, after another batch. All that the server did in the time is put down to the
 * negotiates, so a batch shows at most what they cost: it counts if that is less than was known, or if
 * the server had no time for more.
 */
export function costAfter(costInMs: number, { count, activeInMs, elapsedInMs }: Batch): number {
  if (elapsedInMs > maxBatchInMs || elapsedInMs <= 0) return costInMs;
  const shownInMs = activeInMs / count;
  const isCounted = shownInMs < costInMs || activeInMs >= SATURATED * elapsedInMs;
  if (!isCounted) return costInMs;
  const next = costInMs + BATCH_SHARE * (shownInMs - costInMs);
  return Math.min(Math.max(next, COST_IN_MS.min), COST_IN_MS.max);
}

/** How long the event loop was busy and idle so far. */
type Utilization = () => { readonly active: number; readonly idle: number };

/** How many negotiates this server can answer in a second, with all that the app does for each. */
export class NegotiateRate {
  readonly #utilization: Utilization;
  #costInMs = FIRST_COST_IN_MS;
  #begin: ReturnType<Utilization>;
  #count = 0;

  constructor(utilization: Utilization = () => performance.eventLoopUtilization()) {
    this.#utilization = utilization;
    this.#begin = utilization();
  }

  get perSecond(): number {
    return 1000 / this.#costInMs;
  }

  /** One more was answered. */
  count(): void {
    this.#count += 1;
    if (this.#count < BATCH_SIZE) return;
    const end = this.#utilization();
    const activeInMs = end.active - this.#begin.active;
    const elapsedInMs = activeInMs + end.idle - this.#begin.idle;
    this.#costInMs = costAfter(this.#costInMs, { count: this.#count, activeInMs, elapsedInMs });
    this.#begin = end;
    this.#count = 0;
  }
}
