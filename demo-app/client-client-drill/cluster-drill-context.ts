import type { AppServer, Cluster } from "./cluster.ts";
import type { Crowd } from "./group-clients.ts";
import { hereAt, type ServerTold } from "./process-messages.ts";
import type { Timeline } from "./step-log.ts";

/** Generous: only that something does not happen at all is a failure. */
export const DEADLINE_IN_MS = 60_000;

/** What each server has told last, when something has not happened. */
const LAST_TOLD = 8;

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

/** For whoever wants to know why something has not happened. */
export function sayLastTold({ cluster, timeline }: Pick<Cast, "cluster" | "timeline">): void {
  for (const { name, told } of cluster.servers) {
    for (const { at, ...last } of told.entries.slice(-LAST_TOLD)) {
      timeline.say(name, JSON.stringify(last), hereAt(at));
    }
  }
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
        times.push(hereAt(found.at));
        if (times.length === count) resolve(times.sort((a, b) => a - b));
      });
    }
  });
}

export function running({ cluster }: Cast): AppServer[] {
  return cluster.servers.filter(({ isRunning }) => isRunning);
}

/** Until everybody has heard everybody in the conversation that began last. @throws MissedStepError */
export async function allHear(
  { cluster, crowd, timeline }: Cast,
  detail: (outcome: { at: number }) => string,
): Promise<void> {
  const { completed, conversation } = crowd;
  try {
    await timeline.step("all hear each other", {
      deadlineInMs: DEADLINE_IN_MS,
      promise: completed.first((it) => it.conversation === conversation),
      detail,
    });
  } catch (error) {
    const { missing } = conversation;
    const some = [...missing].slice(0, 5).map(([hearer, count]) => `client ${hearer}: ${count}`);
    timeline.say("", `${tally(crowd)}; ${missing.size} miss somebody (${some.join(", ")} ...)`);
    sayLastTold({ cluster, timeline });
    throw error;
  }
}

/** Such as `300 on eastus`. */
export function tally({ places }: Crowd): string {
  return Object.entries(places)
    .filter(([, count]) => count > 0)
    .map(([endpoint, count]) => `${count} on ${endpoint}`)
    .join(", ");
}
