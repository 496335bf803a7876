import type { Entry } from "../recording/entry.ts";
import { judgeClosings } from "./closings.ts";
import { judgeDeaths } from "./deaths.ts";
import { judgeNames, judgeOrder } from "./epochs.ts";
import { judgeLeftBehind } from "./left-behind.ts";
import { judgeMoves } from "./moves.ts";
import { judgeQuiet } from "./quiet.ts";
import { judgeRefusals } from "./refusals.ts";
import { type Statistics, statisticsOf } from "./statistics.ts";
import { Truth } from "./truth.ts";
import type { Verdict } from "./verdict.ts";

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly violations: readonly PlacedViolation[];
  readonly statistics: Statistics;
}

export interface PlacedViolation {
  readonly rule: string;
  /** Seconds since the start, and within what it happened. */
  readonly when: string;
  readonly what: string;
}

const CHECKS = [
  judgeOrder,
  judgeNames,
  judgeClosings,
  judgeMoves,
  judgeQuiet,
  judgeLeftBehind,
  judgeRefusals,
  judgeDeaths,
];

/** What is wrong with a run, by what was recorded of it and nothing else. */
export function judge(entries: readonly Entry[]): Judgement {
  const truth = new Truth(entries);
  const verdicts = CHECKS.map((check) => check(truth));
  const startedAt = truth.entries[0]?.at ?? 0;
  const violations = verdicts.flatMap(({ rule, violations: found }) =>
    found.map(({ at, what }) => {
      const name = truth.of("storm").findLast((it) => it.at <= at)?.name ?? "start";
      return { rule, when: `${((at - startedAt) / 1000).toFixed(2)} s, ${name}`, what };
    }),
  );
  return { verdicts, violations, statistics: statisticsOf(truth) };
}
