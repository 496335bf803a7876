import type { AgreedAnswer, Member, PlayedFailover } from "./pair.ts";

export interface PairExpectations {
  /** For how long after a failover a member may be without its store (ms). */
  readonly restoreInMs: number;
  /** When the scene was over, monotonic milliseconds. */
  readonly until: number;
  /** The endpoint of each epoch that was ever answered; added to. */
  readonly agreements: Map<number, string>;
}

/** The parts of a pair that are judged. */
export interface PairRecord {
  readonly members: readonly Pick<Member, "name" | "answers" | "losses">[];
  readonly failovers: readonly PlayedFailover[];
  readonly refusals: readonly string[];
}

/** Everything that app servers which agree on one endpoint did in a scene and should not have done. */
export function violationsOfPair(record: PairRecord, expectations: PairExpectations): string[] {
  return [
    ...record.members.flatMap((member) => {
      const found = [
        ...member.answers
          .filter(({ endpoint }) => endpoint === undefined)
          .map(({ problem }) => `a negotiate failed: ${problem}`),
        ...contradictions(member.answers, expectations.agreements),
        ...stepsBack(member.answers),
        ...longLosses(member.losses, record.failovers, expectations),
      ];
      return found.map((what) => `${member.name}: ${what}`);
    }),
    ...record.refusals,
  ];
}

/** Two endpoints for one epoch, on whichever server and in whichever scene. */
function contradictions(
  answers: readonly AgreedAnswer[],
  agreements: Map<number, string>,
): string[] {
  return answers.flatMap(({ endpoint, epoch }) => {
    if (endpoint === undefined) return [];
    if (epoch === undefined) return [`an answer with ${endpoint} has no epoch`];
    const known = agreements.get(epoch);
    agreements.set(epoch, known ?? endpoint);
    const isOther = known !== undefined && known !== endpoint;
    return isOther ? [`epoch ${epoch} is ${endpoint}, and was ${known}`] : [];
  });
}

/** Epochs lower than one that was known before the client asked. */
function stepsBack(answers: readonly AgreedAnswer[]): string[] {
  const arrived = [...answers].sort((a, b) => a.at - b.at);
  let index = 0;
  let highest = 0;
  return [...answers]
    .sort((a, b) => a.sentAt - b.sentAt)
    .flatMap(({ sentAt, epoch }) => {
      for (; (arrived[index]?.at ?? Number.POSITIVE_INFINITY) <= sentAt; index += 1)
        highest = Math.max(highest, arrived[index]?.epoch ?? 0);
      return epoch !== undefined && epoch < highest ? [`epoch ${epoch} after ${highest}`] : [];
    });
}

/** Times without the store that are too long: a busy process may lose it for a moment at any time. */
function longLosses(
  losses: Member["losses"],
  failovers: readonly PlayedFailover[],
  { restoreInMs, until }: PairExpectations,
): string[] {
  return losses.flatMap(({ from, to }) => {
    const cause = failovers.find((one) => one.from <= from && from <= one.to + restoreInMs);
    const lateInMs = Math.min(to, until) - (cause?.to ?? from) - restoreInMs;
    const after = cause ? `a ${cause.kind}` : "nothing";
    const text = `was without its store for over ${restoreInMs} ms after ${after}`;
    return lateInMs > 0 ? [text] : [];
  });
}
