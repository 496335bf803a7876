import { boundsOf } from "./bounds.ts";
import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

/** Later than a lease after an agreement was made, nobody closes the clients of its endpoint. */
export function judgeClosings(truth: Truth): Verdict {
  const findings = truth.of("closing").map((closing): Finding => {
    const { server, run, endpoint, decidedBy } = closing;
    const newest = truth.newestAt(decidedBy);
    if (newest?.active !== endpoint) return "fine";
    const { closingInMs } = boundsOf(truth.settings);
    const span = { from: newest.at, to: decidedBy };
    const ageInMs = decidedBy - newest.at;
    if (ageInMs <= closingInMs + truth.lagIn(span, [`${server}-${run}`])) return "fine";
    if (isHistoryInDoubt(truth, decidedBy)) return "excused";
    const what = `${server}#${run} closes the clients of ${endpoint}, ${Math.round(ageInMs)} ms after epoch ${newest.epoch} had named it`;
    return { at: decidedBy, what };
  });
  return verdictOf("nobody closes the clients of the active endpoint", findings);
}

/** While servers read different copies of the store, or one that has lost its latest, there is no one newest agreement. */
export function isHistoryInDoubt(truth: Truth, at: number): boolean {
  const { closingInMs } = boundsOf(truth.settings);
  const span = { from: at - 2 * closingInMs, to: at };
  const isLoss = truth.of("loss").some((it) => it.at >= span.from && it.at <= span.to);
  return isLoss || truth.isStoreSplit(span);
}
