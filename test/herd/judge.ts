import { type HerdPlan, isIgnoring, shortestInSeconds, survivorsOf } from "./plan.ts";
import type { Recording } from "./recording.ts";
import { limitOf } from "./story.ts";

const maxRequests = 3;
/** A client's own pauses, for one that was refused again and again: at the end of an outage, or as it goes by no others. */
const OWN_PAUSE_IN_SECONDS = 15;
/** How much longer than the shortest time it may take. */
const LONGER = { nearlyAll: 1.2, all: 1.5 };
/** Negotiates a second that a server is taken to answer, and the share of it that a herd gets while all servers live. */
const ANSWERED = { perSecond: 8000, herdShare: 0.7 };
/** So many in a second are a wave: half more than the limit, beyond what chance makes of small numbers. */
const waveOf = (limit: number): number => 1.5 * limit + 4 * Math.sqrt(limit);
const CENSUS_TOLERANCE = 0.2;

/** What a run is judged by. */
export interface Figures {
  readonly limit: number;
  /** In the busiest second. */
  readonly mostAccepts: number;
  readonly mostReads: number;
  readonly mostRequests: number;
  readonly requestsPerClient: number;
  /** Of one client that keeps to what it is told. */
  readonly mostRequestsOfOne: number;
  /** Share of those that asked more than three times, in per cent. */
  readonly overThree: number;
  readonly shortest: number;
  readonly median: number;
  readonly t99: number;
  readonly all: number;
  readonly notLetIn: number;
  readonly notCaughtUp: number;
  readonly caughtUp: number;
  /** Of the truth. */
  readonly counted: number;
}

export interface Verdict {
  readonly figures: Figures;
  readonly violations: readonly string[];
}

export function judge(plan: HerdPlan, recording: Recording): Verdict {
  const figures = figuresOf(plan, recording);
  return { figures, violations: [...violationsOf(plan, recording, figures)] };
}

function figuresOf(plan: HerdPlan, recording: Recording): Figures {
  const { backAt } = recording;
  const times = recording.acceptedAt.filter((at) => !Number.isNaN(at)).sort();
  const reads = recording.caughtUpAt.filter((at) => !Number.isNaN(at)).sort();
  const at = (sorted: Float64Array, share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * plan.clients))] ?? Number.NaN) - backAt;
  let most = 0;
  let over = 0;
  let sum = 0;
  recording.requestsOf.forEach((requests, client) => {
    sum += requests;
    if (isIgnoring(plan, client)) return;
    most = Math.max(most, requests);
    if (requests > maxRequests) over += 1;
  });
  return {
    limit: limitOf(plan),
    mostAccepts: mostOf(recording.accepts.counts),
    mostReads: mostOf(recording.reads.counts),
    mostRequests: mostOf(recording.requests.counts),
    requestsPerClient: sum / plan.clients,
    mostRequestsOfOne: most,
    overThree: (100 * over) / plan.clients,
    shortest: shortestInSeconds(plan),
    median: at(times, 0.5),
    t99: at(times, 0.99),
    all: at(times, 1),
    notLetIn: plan.clients - times.length,
    notCaughtUp: plan.clients - reads.length,
    caughtUp: at(reads, 1),
    counted: recording.counted / plan.clients,
  };
}

function* violationsOf(plan: HerdPlan, recording: Recording, figures: Figures): Generator<string> {
  const { limit, shortest } = figures;
  const pause = plan.fault === "dark" ? OWN_PAUSE_IN_SECONDS : 0;
  const ownPause = plan.fault === "ignoring" ? OWN_PAUSE_IN_SECONDS : pause;
  const survivors = survivorsOf(plan);
  const herdShare = survivors < plan.servers ? 1 : ANSWERED.herdShare;
  const answered = herdShare * ANSWERED.perSecond * survivors;
  // There are no fractions of a client: in some seconds, a server with half a place has a whole one.
  const most = plan.servers * Math.ceil(limit / plan.servers);
  if (figures.mostAccepts > most)
    yield `${figures.mostAccepts} clients were let in in one second, over the limit of ${limit}`;
  if (figures.mostReads > most)
    yield `${figures.mostReads} clients read the history in one second, over the limit of ${limit}`;
  if (figures.mostRequestsOfOne > maxRequests)
    yield `a client asked ${figures.mostRequestsOfOne} times, and ${figures.overThree.toFixed(3)} % of all more than ${maxRequests} times`;
  if (figures.t99 > LONGER.nearlyAll * shortest + pause)
    yield `99 % took ${figures.t99.toFixed(1)} s, over ${LONGER.nearlyAll} times the shortest time of ${shortest.toFixed(1)} s`;
  if (figures.notLetIn > 0) yield `${figures.notLetIn} clients were not let in at all`;
  if (figures.all > LONGER.all * shortest + ownPause)
    yield `the last client waited ${figures.all.toFixed(1)} s, over ${LONGER.all} times the shortest time of ${shortest.toFixed(1)} s`;
  if (figures.notCaughtUp > 0)
    yield `${figures.notCaughtUp} clients never got what they had missed`;
  if (figures.mostRequests > answered)
    yield `${figures.mostRequests} asked in one second, more than the ${answered} that the servers answer`;
  const wave = secondWave(recording, limit);
  if (wave) yield `a second wave of ${wave.requests} asked in second ${wave.second}`;
  if (Math.abs(figures.counted - 1) > CENSUS_TOLERANCE)
    yield `the census counted ${(100 * figures.counted).toFixed(0)} % of the clients`;
}

/** After the refusals have ended, nobody may have been made to come together. */
function secondWave(
  { requests, refusals, backAt }: Recording,
  limit: number,
): { second: number; requests: number } | undefined {
  const end = Math.max(Math.ceil(backAt), refusals.length);
  const second = requests.counts.findIndex((count, at) => at >= end && count > waveOf(limit));
  return second < 0 ? undefined : { second, requests: requests.counts[second] ?? 0 };
}

const mostOf = (counts: readonly number[]): number => counts.reduce((a, b) => Math.max(a, b), 0);
