import type { AppServer, Cluster } from "./cluster.ts";
import type { GroupClients } from "./group-clients.ts";
import { localTimeOf, type ServerMessage } from "./process-messages.ts";
import type { StepLog } from "./step-log.ts";

/** Generous: only that something does not happen at all is a failure. */
export const DEADLINE_IN_MS = 60_000;

/** So many messages of each server are printed when something has not happened. */
const LAST_MESSAGES = 8;

export interface ClusterDrillContext {
  readonly log: StepLog;
  readonly cluster: Cluster;
  readonly clients: GroupClients;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  /** For how long it is watched that nobody moves. */
  readonly watchInMs: number;
  readonly signal: AbortSignal;
}

/** What the servers sent last, for whoever wants to know why something has not happened. */
export function printLastMessages({
  cluster,
  log,
}: Pick<ClusterDrillContext, "cluster" | "log">): void {
  for (const { name, messages } of cluster.servers) {
    for (const { at, ...last } of messages.entries.slice(-LAST_MESSAGES)) {
      log.print(name, JSON.stringify(last), localTimeOf(at));
    }
  }
}

/** When the first so many servers sent a message that fits: ascending, by this process's clock. */
export async function messageTimesOf(
  servers: readonly AppServer[],
  fits: (message: ServerMessage) => boolean,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  return new Promise((resolve) => {
    for (const { messages } of servers) {
      void messages.first(fits).then((found) => {
        times.push(localTimeOf(found.at));
        if (times.length === count) resolve(times.sort((a, b) => a - b));
      });
    }
  });
}

export function runningServers({ cluster }: ClusterDrillContext): AppServer[] {
  return cluster.servers.filter(({ isRunning }) => isRunning);
}

/** Until everybody has heard everybody in the round that began last. @throws MissedStepError */
export async function awaitAllPairs(
  { cluster, clients, log }: ClusterDrillContext,
  detail: (outcome: { at: number }) => string,
): Promise<void> {
  const { completed, pairDeliveries } = clients;
  try {
    await log.step("all hear each other", {
      deadlineInMs: DEADLINE_IN_MS,
      promise: completed.first((it) => it.pairDeliveries === pairDeliveries),
      detail,
    });
  } catch (error) {
    const { missing } = pairDeliveries;
    const some = [...missing]
      .slice(0, 5)
      .map(([recipient, count]) => `client ${recipient}: ${count}`);
    log.print(
      "",
      `${clientCountsText(clients)}; ${missing.size} miss somebody (${some.join(", ")} ...)`,
    );
    printLastMessages({ cluster, log });
    throw error;
  }
}

/** Such as `300 on eastus`. */
export function clientCountsText({ countsByEndpoint }: GroupClients): string {
  return Object.entries(countsByEndpoint)
    .filter(([, count]) => count > 0)
    .map(([endpoint, count]) => `${count} on ${endpoint}`)
    .join(", ");
}
