import type { EntryOf } from "../recording/entry.ts";
import type { Truth } from "./truth.ts";
import { type Finding, type Verdict, type Violation, verdictOf } from "./verdict.ts";

/** Answers with an agreement. */
type Answer = EntryOf<"answer"> & { readonly endpoint: string };

/** Epochs that a server answers with never go back. */
export function judgeOrder(truth: Truth): Verdict {
  const findings = truth.settings.servers.flatMap((server) =>
    orderOf(
      truth,
      truth.answersOf(server).filter((it): it is Answer => it.endpoint !== undefined),
    ),
  );
  return verdictOf("epochs that a server answers with never go back", findings);
}

/** @param answers Of one server. */
function orderOf(truth: Truth, answers: readonly Answer[]): Finding[] {
  let greatest: Answer | undefined;
  let heard = 0;
  return [...answers]
    .sort((a, b) => a.askedAt - b.askedAt)
    .map((answer) => {
      // Whoever was asked before the other had answered may be answered before it.
      for (; (answers[heard]?.at ?? Infinity) < answer.askedAt; heard += 1) {
        const known = answers[heard] as Answer;
        if (greatest === undefined || known.epoch > greatest.epoch) greatest = known;
      }
      return findingOf(truth, answer, greatest);
    });
}

/** @param greatest The first answer with the greatest epoch of all before. */
function findingOf(truth: Truth, answer: Answer, greatest: Answer | undefined): Finding {
  if (greatest === undefined || answer.epoch > greatest.epoch) return "fine";
  const isSame = answer.epoch === greatest.epoch && answer.endpoint === greatest.endpoint;
  if (isSame) return "fine";
  // What was lost may have been written just before, and answered with just after.
  const isLossBetween = isLossIn(truth, greatest.at - truth.settings.leaseInMs, answer.at);
  if (greatest.run !== answer.run && isLossBetween) return "excused";
  return violation(answer, `answers ${name(answer)} after ${name(greatest)}`);
}

/** No epoch names two endpoints. */
export function judgeNames(truth: Truth): Verdict {
  const named = new Map<string, string>();
  const findings = truth.agreements.flatMap(({ epoch, incarnation, active, at }): Finding[] => {
    const isLoss = isLossIn(truth, Number.NEGATIVE_INFINITY, at);
    const keys = [`${epoch} of "${incarnation}"`, ...(isLoss ? [] : [`${epoch}`])];
    const before = keys
      .map((key) => named.get(key))
      .find((it) => it !== undefined && it !== active);
    for (const key of keys) if (!named.has(key)) named.set(key, active);
    if (before === undefined) return ["fine"];
    const when = isLoss ? "after a loss of data" : "and nothing was lost";
    return [{ at, what: `epoch ${keys[0]} names ${before} and ${active}, ${when}` }];
  });
  return verdictOf("no epoch names two endpoints", findings);
}

const isLossIn = (truth: Truth, from: number, to: number): boolean =>
  truth.of("loss").some(({ at }) => at >= from && at <= to);

const name = ({ epoch, incarnation, endpoint }: Answer): string =>
  `epoch ${epoch}${incarnation && ` of "${incarnation}"`} (${endpoint})`;

const violation = ({ at, server, run }: Answer, what: string): Violation => ({
  at,
  what: `${server}#${run} ${what}`,
});
