import type { AppServer } from "./app-server.ts";
import type { Kind, RegionName } from "./plan.ts";
import type { Outage, Region } from "./region.ts";

/** Durations in milliseconds. */
export interface Measurements {
  /** From the fault until the endpoint was taken out. */
  readonly detection: Record<Kind, number[]>;
  /** From the fault until the last request that was answered with the endpoint. */
  readonly lastNamed: Record<Kind, number[]>;
  /** From the heal until the endpoint was used again: of endpoints that had not broken before, and of others. */
  readonly failback: { readonly first: number[]; readonly afterFlap: number[] };
  /** Outages that were over before they were noticed. */
  unnoticed: number;
  /** Outages that hit an endpoint which was not used again yet. */
  unused: number;
  /** Heals after which the endpoint was not used again before it broke anew, or the scene ended. */
  notReturned: number;
}

export const noMeasurements = (): Measurements => ({
  detection: { crash: [], blackhole: [], identity: [] },
  lastNamed: { crash: [], blackhole: [], identity: [] },
  failback: { first: [], afterFlap: [] },
  unnoticed: 0,
  unused: 0,
  notReturned: 0,
});

/** Adds what one app server shows of the outages of a scene. */
export function measure(
  into: Measurements,
  server: AppServer,
  regions: ReadonlyMap<RegionName, Region>,
): void {
  for (const { name, outages } of regions.values()) {
    const changes = server.changes.filter(({ endpoint }) => endpoint === name);
    const noticed = outages.filter((outage) => wasNoticed(into, outage, changes));
    for (const outage of noticed) {
      const named = lastNamed(server, name, outage);
      if (named !== undefined) into.lastNamed[outage.kind].push(named - outage.from);
      measureReturn(into, outages, outage, changes);
    }
  }
}

function measureReturn(
  into: Measurements,
  outages: readonly Outage[],
  outage: Outage,
  changes: AppServer["changes"],
): void {
  const index = outages.indexOf(outage);
  const by = outages[index + 1]?.from ?? Number.POSITIVE_INFINITY;
  const { healedFrom, to } = outage;
  const returned = changes.find(({ at, isUp }) => at >= healedFrom && at < by && isUp);
  if (returned) into.failback[index === 0 ? "first" : "afterFlap"].push(returned.at - to);
  else into.notReturned += 1;
}

/** Counts how the outage was found out; false when it was not, or when nobody used the endpoint. */
function wasNoticed(
  into: Measurements,
  { from, healedFrom, kind }: Outage,
  changes: AppServer["changes"],
): boolean {
  const before = changes.findLast(({ at }) => at <= from);
  const lost = changes.find(({ at, isUp }) => at > from && at <= healedFrom && !isUp);
  if (!before?.isUp) into.unused += 1;
  else if (!lost) into.unnoticed += 1;
  else into.detection[kind].push(lost.at - from);
  return before?.isUp === true && lost !== undefined;
}

function lastNamed({ answers }: AppServer, name: string, { from, healedFrom }: Outage) {
  const times = answers
    .filter(({ endpoint, sentAt, at }) => endpoint === name && sentAt >= from && at < healedFrom)
    .map(({ sentAt }) => sentAt);
  return times.length > 0 ? Math.max(...times) : undefined;
}
