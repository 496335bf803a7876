import {
  type Answer,
  type AppServer,
  type Broadcast,
  type Burst,
  type Change,
  POISON_DEADLINE_IN_MS,
} from "./app-server.ts";
import type { Kind, RegionName } from "./plan.ts";
import type { Outage, Region } from "./region.ts";

export interface Violation {
  /** The cycle under way or last begun, 0 before the first. */
  readonly cycle: number;
  readonly what: string;
}

/** For how long after it broke an endpoint may still be named in answers (ms). */
export type StaleBounds = Readonly<Record<Kind, number>>;

type Regions = ReadonlyMap<RegionName, Region>;

export interface Expectations {
  readonly staleBounds: StaleBounds;
  /** The region that is never broken: whatever the server thinks of it, it must be reached. */
  readonly spared: RegionName;
  /** When the scene was over, monotonic milliseconds. */
  readonly until: number;
}

/** Everything that one app server did in a scene and should not have done. */
export function violationsOf(
  server: AppServer,
  regions: Regions,
  { staleBounds, spared, until }: Expectations,
): Violation[] {
  const outages = [...regions.values()].flatMap(({ outages }) => outages);
  const at = (time: number, what: string): Violation => ({
    cycle: Math.max(0, ...outages.filter(({ from }) => from <= time).map(({ cycle }) => cycle)),
    what: `${server.name}: ${what}`,
  });
  return [
    ...server.answers
      .filter(({ endpoint }) => endpoint === undefined)
      .map(({ sentAt, problem }) => at(sentAt, `a negotiate failed: ${problem}`)),
    ...server.answers.flatMap((answer) => {
      const outage = staleness(answer, regions, staleBounds);
      if (!outage) return [];
      const age = Math.round(answer.sentAt - outage.since);
      const what = `a negotiate was answered ${answer.endpoint}, ${age} ms after its ${outage.kind}`;
      return [{ ...at(answer.sentAt, what), cycle: outage.cycle }];
    }),
    ...server.broadcasts.filter(isInnocent).flatMap((broadcast) => [
      ...missedBy(broadcast, regions, spared).map((region) => {
        const why = whyMissed(broadcast, region);
        return at(broadcast.startedAt, `a broadcast did not reach ${region}, which was up: ${why}`);
      }),
      ...(broadcast.problem ? [at(broadcast.startedAt, broadcast.problem)] : []),
    ]),
    ...server.broadcasts.flatMap((broadcast) =>
      misjudgedBy(broadcast, server.changes, regions).map((what) => at(broadcast.startedAt, what)),
    ),
    ...server.bursts.flatMap((burst) =>
      badEndsOf(burst, regions).map((what) => at(burst.startedAt, what)),
    ),
    ...server.changes
      .filter((change) => !change.isUp && !isExplained(change, regions))
      .map(({ at: time, endpoint }) =>
        at(time, `${endpoint} was taken out, and nothing had happened to it`),
      ),
    ...[...regions.values()].flatMap((region) =>
      neverReturned(server, region, until).map((outage) => ({
        ...at(outage.to, `${region.name} was not used again, though there are tokens for it`),
        cycle: outage.cycle,
      })),
    ),
    ...server.warnings.map((warning) => at(performance.now(), warning)),
  ];
}

/** The outage that had gone on for too long when the client asked, and was not over at the answer. */
function staleness(
  { sentAt, at, endpoint }: Answer,
  regions: Regions,
  bounds: StaleBounds,
): Outage | undefined {
  const outages = regions.get(endpoint as RegionName)?.outages ?? [];
  return outages.find(
    ({ kind, since, healedFrom }) => sentAt > since + bounds[kind] && at < healedFrom,
  );
}

/**
 * The regions that were up and known to be up, and where the client did not hear the message. A
 * region that has just come back, or is kept out because it has flapped, may be skipped.
 */
function missedBy(broadcast: Broadcast, regions: Regions, spared: RegionName): RegionName[] {
  const due = [...regions.values()].filter(
    ({ name }) => name === spared || broadcast.healthy.includes(name),
  );
  return due.filter((region) => isMissing(broadcast, region)).map(({ name }) => name);
}

/** How many messages did not reach a region that had been up for long enough to be used again. */
export function countWithheld(server: AppServer, regions: Regions, graceInMs: number): number {
  const missed = server.broadcasts
    .filter(isInnocent)
    .flatMap((broadcast) =>
      [...regions.values()].filter(
        (region) =>
          !broadcast.healthy.includes(region.name) &&
          region.isUpThroughout(broadcast.startedAt - graceInMs, broadcast.endedAt) &&
          isMissing(broadcast, region),
      ),
    );
  return missed.length;
}

const isInnocent = ({ poison }: Broadcast): boolean => poison === undefined;

/** What canaries have said a moment ago is believed. */
const CANARY_COUNTS_FOR_MS = 500;

/**
 * Of a message that a firewall refuses: where somebody got it, and where the endpoint is blamed for it,
 * though all was well there. Without an answer in time, or before a canary has come back, nobody can
 * tell.
 */
function misjudgedBy(
  { poison, startedAt, endedAt, healthy, report }: Broadcast,
  changes: readonly Change[],
  regions: Regions,
): string[] {
  if (poison === undefined || report === undefined) return [];
  const isSound = (name: string): boolean =>
    healthy.includes(name) &&
    regions.get(name as RegionName)?.isUpThroughout(startedAt - CANARY_COUNTS_FOR_MS, endedAt) ===
      true &&
    !changes.some(({ at, endpoint }) => endpoint === name && at >= startedAt && at <= endedAt);
  const isTold = endedAt - startedAt < POISON_DEADLINE_IN_MS;
  const blamed = report.failed.filter(
    ({ endpoint, reason }) => isTold && reason !== "refused-message" && isSound(endpoint),
  );
  return [
    ...report.delivered.map((name) => `poison (${poison}) was delivered by ${name}`),
    ...blamed.map(
      ({ endpoint, reason }) => `poison (${poison}) at ${endpoint} is told as "${reason}"`,
    ),
  ];
}

/** Of a burst: what sends ended with that was neither success nor want of sockets, where all was well. */
function badEndsOf({ startedAt, endedAt, tallies }: Burst, regions: Regions): string[] {
  return [...tallies].flatMap(([name, tally]) => {
    const region = regions.get(name as RegionName);
    if (!region?.isUpThroughout(startedAt, endedAt)) return [];
    return Object.entries(tally)
      .filter(([end, count]) => count > mostOf(end))
      .map(([end, count]) => `${count} sends of a burst ended with ${end} at ${name}`);
  });
}

/** Only what was on the wire at the deadline may have been lost there. */
function mostOf(end: string): number {
  if (end === "ERR_DEADLINE_EXCEEDED") return SOCKETS;
  return ["delivered", "skipped", "ERR_BUSY"].includes(end) ? Number.POSITIVE_INFINITY : 0;
}

/** As many as the plugin opens to an endpoint by default. */
const SOCKETS = 64;

/** Whether an outage is why an endpoint was taken out. */
function isExplained({ at, endpoint }: Change, regions: Regions): boolean {
  const outages = regions.get(endpoint as RegionName)?.outages ?? [];
  return outages.some(({ from, to, lingersInMs }) => at >= from && at <= to + lingersInMs);
}

/** Ten seconds, and then a canary. */
export const EJECTION_IN_MS = 12_000;

/** Identity outages for which the region was taken out, and not used again after one ejection. */
function neverReturned(
  { changes }: AppServer,
  { name, outages }: Region,
  until: number,
): readonly Outage[] {
  const own = changes.filter(({ endpoint }) => endpoint === name);
  return outages.filter(({ kind, from, to, lingersInMs }, index) => {
    const lost = own.find(({ at, isUp }) => !isUp && at >= from && at <= to + lingersInMs);
    if (kind !== "identity" || lost === undefined) return false;
    const by = lost.at + EJECTION_IN_MS;
    const next = outages[index + 1]?.from ?? until;
    const isBack = own.some(({ at, isUp }) => isUp && at > lost.at && at <= by);
    return !isBack && next >= by;
  });
}

function isMissing({ startedAt, endedAt, message }: Broadcast, region: Region): boolean {
  const isReachable =
    region.isUpThroughout(startedAt, endedAt) && region.isListenedToThroughout(startedAt, endedAt);
  return isReachable && !region.hasHeard(message);
}

function whyMissed({ report, problem }: Broadcast, name: string): string {
  const failure = report?.failed.find(({ endpoint }) => endpoint === name);
  const skip = report?.skipped.find(({ endpoint }) => endpoint === name);
  if (failure) return `failed, ${String(failure.error)}`;
  if (skip) return `skipped, ${skip.reason}`;
  return problem ?? "reported as delivered";
}
