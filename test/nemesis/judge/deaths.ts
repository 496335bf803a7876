import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

/** Nothing dies unasked, and nobody has anything to complain of. */
export function judgeDeaths(truth: Truth): Verdict {
  const ends = truth.of("process").filter(({ state }) => state === "dead");
  return verdictOf("nothing dies, and nobody complains", [
    ...ends.map(
      ({ at, process, run, isAsked }): Finding =>
        isAsked ? "fine" : { at, what: `${process}#${run} has died by itself` },
    ),
    ...truth.of("complaint").map(({ at, by, what }) => ({ at, what: `${by}: ${what}` })),
  ]);
}
