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
  /** A line for each, with when and within what it happened. */
  readonly violations: readonly string[];
  readonly statistics: Statistics;
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
  const all = verdicts.flatMap(({ violations }) => violations).sort((a, b) => a.at - b.at);
  const violations = all.map(({ at, what }) => {
    const name = truth.of("storm").findLast((it) => it.at <= at)?.name ?? "start";
    return `${((at - startedAt) / 1000).toFixed(2)} s, ${name}: ${what}`;
  });
  return { verdicts, violations, statistics: statisticsOf(truth) };
}
