import type { Truth } from "./truth.ts";

export interface Statistics {
  readonly durationInMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly skipped: number;
  readonly agreements: number;
  /** From the crash of an active endpoint until the servers agreed on another one, and until each client was on it. */
  readonly agreedInMs: readonly number[];
  readonly clientsBackInMs: readonly number[];
  /** From when everything was mended until all was well. */
  readonly settledInMs: readonly number[];
  readonly longestLagInMs: number;
}

/** Longer, and it was something else. */
const maxMoveInLeases = 5;

export function statisticsOf(truth: Truth): Statistics {
  const faults: Record<string, number> = {};
  for (const { fault, step } of truth.of("fault"))
    if (step === "begins") faults[fault] = (faults[fault] ?? 0) + 1;
  const moves = movesAfterCrashes(truth);
  return {
    durationInMs: truth.end - (truth.entries[0]?.at ?? 0),
    faults,
    skipped: truth.of("fault").filter(({ step }) => step === "skipped").length,
    agreements: truth.agreements.length,
    agreedInMs: moves.map(({ inMs }) => inMs),
    clientsBackInMs: moves.flatMap((move) => clientsAfter(truth, move)),
    settledInMs: truth.of("quiet").flatMap(({ at }) => {
      const over = truth.of("quiet-over").find((it) => it.at > at);
      return over ? [over.at - at] : [];
    }),
    longestLagInMs: Math.max(
      0,
      ...truth.of("lag").flatMap(({ by, forInMs }) => (by === "conductor" ? [forInMs] : [])),
    ),
  };
}

interface Move {
  readonly crashedAt: number;
  readonly inMs: number;
  readonly to: string;
}

/** Crashes of endpoints that were active, and what was agreed on next. */
function movesAfterCrashes(truth: Truth): Move[] {
  const mostInMs = maxMoveInLeases * truth.settings.leaseInMs;
  return truth
    .of("process")
    .filter(({ process, state }) => state === "dead" && truth.settings.endpoints.includes(process))
    .flatMap(({ process, at }) => {
      if (truth.newestAt(at)?.active !== process) return [];
      const next = truth.agreements.find(
        (it) => it.at > at && it.by?.reason === "active-unhealthy" && it.active !== process,
      );
      const inMs = (next?.at ?? Number.POSITIVE_INFINITY) - at;
      return next && inMs < mostInMs ? [{ crashedAt: at, inMs, to: next.active }] : [];
    });
}

function clientsAfter(truth: Truth, { crashedAt, to }: Move): number[] {
  const untilInMs = crashedAt + 2 * maxMoveInLeases * truth.settings.leaseInMs;
  return truth.settings.clients.flatMap((client) => {
    const back = truth
      .of("client")
      .find((it) => it.client === client && it.endpoint === to && it.at > crashedAt);
    return back && back.at < untilInMs ? [back.at - crashedAt] : [];
  });
}
