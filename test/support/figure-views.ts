import type { CrowdFigures, FiguresView } from "../../demo-app/contract/live.ts";

interface Differences {
  readonly since?: FiguresView["since"];
  readonly withHistory?: Partial<CrowdFigures>;
  readonly withoutHistory?: Partial<CrowdFigures>;
  /** Without it, nobody compares. */
  readonly microsoft?: Partial<CrowdFigures>;
}

const ALL_WELL: CrowdFigures = {
  clients: 30,
  without: 0,
  deaf: 0,
  failover: null,
  failback: null,
  sent: 100,
  missed: 0,
  missedUntold: 0,
  replayed: 0,
  doubled: 0,
  outOfOrder: 0,
};

/** Nothing has happened, but for these differences. */
export function figuresWith({
  since = null,
  withHistory,
  withoutHistory,
  microsoft,
}: Differences = {}): FiguresView {
  return {
    since,
    crowds: {
      withHistory: { ...ALL_WELL, ...withHistory },
      withoutHistory: { ...ALL_WELL, ...withoutHistory },
      microsoft: microsoft ? { ...ALL_WELL, ...microsoft } : null,
    },
  };
}
