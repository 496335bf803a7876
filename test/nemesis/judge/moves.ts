import { boundsOf } from "./bounds.ts";
import { intersectionOf, type Span } from "./steps.ts";
import type { KnownAgreement, Truth } from "./truth.ts";
import { type Finding, type Verdict, verdictOf } from "./verdict.ts";

/** Nobody is moved away from an endpoint unless a majority of those who were there saw it dead. */
export function judgeMoves(truth: Truth): Verdict {
  const moves = truth.agreements.filter(({ by }) => by?.reason === "active-unhealthy");
  return verdictOf(
    "no move without a majority of the servers that were there within the last lease",
    moves.map((move) => findingOf(truth, move)),
  );
}

function findingOf(truth: Truth, move: KnownAgreement): Finding {
  const { at, active, epoch } = move;
  const left = leftBy(truth, move);
  if (left === undefined || truth.isStoreSplit({ from: at - truth.settings.leaseInMs, to: at }))
    return "excused";
  const present = membersOf(truth, at).filter((member) => wasPresent(truth, member, at));
  const seers = membersOf(truth, at).filter((member) => sawDown(truth, member, left, at));
  // Those who may have been there or not are counted as it suits the one who moved.
  const voters = new Set([...present, ...seers].map(nameOf));
  if (2 * seers.length > voters.size) return "fine";
  const saw = seers.map(nameOf).join(", ") || "nobody";
  const what = `epoch ${epoch} moves all from ${left} to ${active}: ${saw} of ${[...voters].sort().join(", ")} saw it dead`;
  return { at, what };
}

/** The endpoint before; undefined when two histories have met, and the number only tells them apart. */
function leftBy(
  { agreements }: Truth,
  { epoch, active, by, generation }: KnownAgreement,
): string | undefined {
  const before = agreements.filter((it) => it.epoch === epoch - 1 && it.generation === generation);
  if (before.some((it) => it.active === active)) return undefined;
  return before.at(-1)?.active ?? by?.previous;
}

interface Member {
  readonly server: string;
  readonly run: number;
}

const nameOf = ({ server, run }: Member): string => `${server}#${run}`;

function membersOf(truth: Truth, at: number): Member[] {
  const { evidenceInMs } = boundsOf(truth.settings);
  const span = { from: at - evidenceInMs - outageBefore(truth, at), to: at };
  return truth.settings.servers.flatMap((server) =>
    truth.runsOf(server, span).map((run) => ({ server, run })),
  );
}

/**
 * Whether a server has surely sent a heartbeat within the last lease. Time in which the store was away,
 * and nobody could, does not count: an outage makes nobody a majority.
 */
function wasPresent(truth: Truth, { server, run }: Member, at: number): boolean {
  const { heartbeatInMs, dialInMs } = boundsOf(truth.settings);
  const window = lastLease(truth, at);
  const spans = truth
    .storeSpans(server, run, { from: at - 10 * truth.settings.leaseInMs, to: at })
    .map(({ from, to }) => ({ from: from + dialInMs, to }));
  const lag = truth.lagIn({ from: window[0]?.from ?? at, to: at }, [`${server}-${run}`]);
  const needed = heartbeatInMs + lag;
  return intersectionOf(spans, window).some(({ from, to }) => to - from >= needed);
}

/**
 * The last lease in which the store was up, in one piece or in several. What is written within a poll
 * may not have been read yet.
 */
function lastLease(truth: Truth, at: number): Span[] {
  const { pollInMs, leaseInMs } = truth.settings;
  let left = leaseInMs - pollInMs;
  const window: Span[] = [];
  const up = truth.storeUpSpans({ from: at - 20 * leaseInMs, to: at - pollInMs });
  for (const { from, to } of up.reverse()) {
    if (left <= 0) break;
    window.unshift({ from: Math.max(from, to - left), to });
    left -= to - from;
  }
  return window;
}

function outageBefore(truth: Truth, at: number): number {
  const [first] = lastLease(truth, at);
  return first ? Math.max(0, at - first.from - truth.settings.leaseInMs) : 0;
}

function sawDown(truth: Truth, { server, run }: Member, endpoint: string, at: number): boolean {
  const { evidenceInMs } = boundsOf(truth.settings);
  const from = at - evidenceInMs - truth.lagIn({ from: at - evidenceInMs, to: at }, ["conductor"]);
  const views = truth
    .of("health")
    .filter((it) => it.server === server && it.run === run && it.endpoint === endpoint)
    .filter((it) => it.at <= at + 100);
  const last = views.findLast((it) => it.at <= from);
  return [...(last ? [last] : []), ...views.filter((it) => it.at > from)].some(({ isUp }) => !isUp);
}
