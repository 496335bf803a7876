import type { Timeline } from "../timeline.ts";
import type { AppServer, Cluster } from "./cluster.ts";
import type { Crowd } from "./crowd.ts";
import { hereAt, type ServerTold } from "./told.ts";

/** Generous: only that something does not happen at all is a failure. */
export const DEADLINE_IN_MS = 60_000;

export interface Cast {
  readonly timeline: Timeline;
  readonly cluster: Cluster;
  readonly crowd: Crowd;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  /** For how long it is watched that nobody moves. */
  readonly watchInMs: number;
  readonly signal: AbortSignal;
}

/** When the first so many servers told something that fits: ascending, by this process's clock. */
export async function timesOf(
  servers: readonly AppServer[],
  fits: (told: ServerTold) => boolean,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  return new Promise((resolve) => {
    for (const { told } of servers) {
      void told.first(fits).then((found) => {
        times.push("at" in found ? hereAt(found.at) : performance.now());
        if (times.length === count) resolve(times.sort((a, b) => a - b));
      });
    }
  });
}

export function running({ cluster }: Cast): AppServer[] {
  return cluster.servers.filter(({ isRunning }) => isRunning);
}

/** When everybody has heard everybody in the conversation that has just begun. */
export async function nextCompleted({ completed, conversation }: Crowd): Promise<{ at: number }> {
  return completed.first((it) => it.conversation === conversation);
}

/** Such as `300 on eastus`. */
export function tally({ places }: Crowd): string {
  return Object.entries(places)
    .filter(([, count]) => count > 0)
    .map(([endpoint, count]) => `${count} on ${endpoint}`)
    .join(", ");
}
