import { judgeClient } from "./judge-client.ts";
import { judgePlain, type PlainVerdict } from "./judge-plain.ts";
import { MessageLog } from "./message-log.ts";
import type { Outage, RunRecord, Told } from "./record.ts";

export interface Share {
  readonly true: number;
  readonly all: number;
}

export interface Verdict {
  /** Messages between two gaps that were told which a client was not given. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly disordered: readonly string[];
  /** Messages that a client was not given, and was told nothing about. */
  readonly untold: readonly string[];
  /** What else is wrong. */
  readonly others: readonly string[];
  readonly plain: PlainVerdict;
  /** Of what clients were told while redis lived. */
  readonly recovered: Share;
  /** Messages times clients that were not given them, each of them told. */
  readonly missedAndTold: number;
  readonly delivered: number;
}

/** After redis was back, servers may still find out what they have missed. */
export const REDIS_LINGERS_IN_MS = 15_000;

/** Whether redis was away at some time from `from` to `to`, or not back for long. */
export const wasRedisAway = (outages: readonly Outage[], from: number, to: number): boolean =>
  outages.some(
    (outage) => outage.isOfRedis && to >= outage.from && from <= outage.to + REDIS_LINGERS_IN_MS,
  );

/** Who was away when redis was is told of a new epoch only when it is back. */
export const isToldOfRedis = ({ recovered, since, at }: Told, outages: readonly Outage[]) =>
  wasRedisAway(outages, recovered ? at : since, at);

const LEAST_SHARE = 0.999;

/** What was promised, and was not kept. */
export function judge(run: RunRecord): Verdict {
  const log = new MessageLog(run);
  const verdicts = run.clients.map((client) => judgeClient(client, log));
  const recovered = shareOf(run.told, run.outages);
  const tooFew = recovered.true < LEAST_SHARE * recovered.all;
  const share = `only ${recovered.true} of ${recovered.all} were told recovered: true`;
  return {
    lost: verdicts.flatMap(({ lost }) => lost),
    doubled: verdicts.flatMap(({ doubled }) => doubled),
    disordered: [...verdicts.flatMap(({ disordered }) => disordered), ...log.disorder],
    untold: verdicts.flatMap(({ untold }) => untold),
    others: [
      ...log.contradictions,
      ...verdicts.flatMap(({ others }) => others),
      ...(tooFew ? [share] : []),
      ...run.complaints,
    ],
    plain: judgePlain(run),
    recovered,
    missedAndTold: verdicts.reduce((sum, { missedAndTold }) => sum + missedAndTold, 0),
    delivered: verdicts.reduce((sum, { delivered }) => sum + delivered, 0),
  };
}

export const violationsOf = ({ lost, doubled, disordered, untold, others, plain }: Verdict) => [
  ...lost.map((what) => `LOST ${what}`),
  ...doubled.map((what) => `DOUBLED ${what}`),
  ...disordered.map((what) => `OUT OF ORDER ${what}`),
  ...untold.map((what) => `UNTOLD ${what}`),
  ...others,
  ...plain.violations,
];

function shareOf(told: readonly Told[], outages: readonly Outage[]): Share {
  const counting = told.filter((one) => !isToldOfRedis(one, outages));
  return { true: counting.filter(({ recovered }) => recovered).length, all: counting.length };
}
