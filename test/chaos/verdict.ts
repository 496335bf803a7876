import type { Answer, AppServer, Broadcast } from "./app-server.ts";
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
}

/** Everything that one app server did in a scene and should not have done. */
export function violationsOf(
  server: AppServer,
  regions: Regions,
  { staleBounds, spared }: Expectations,
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
    ...server.broadcasts.flatMap((broadcast) => [
      ...missedBy(broadcast, regions, spared).map((region) => {
        const why = whyMissed(broadcast, region);
        return at(broadcast.startedAt, `a broadcast did not reach ${region}, which was up: ${why}`);
      }),
      ...(broadcast.problem ? [at(broadcast.startedAt, broadcast.problem)] : []),
    ]),
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
  const missed = server.broadcasts.flatMap((broadcast) =>
    [...regions.values()].filter(
      (region) =>
        !broadcast.healthy.includes(region.name) &&
        region.isUpThroughout(broadcast.startedAt - graceInMs, broadcast.endedAt) &&
        isMissing(broadcast, region),
    ),
  );
  return missed.length;
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
