import { MissedStepError } from "../kit/missed-step-error.ts";
import { type ClusterOptions, startCluster } from "./cluster.ts";
import { type Measurements, runDrillSteps } from "./drill-steps.ts";
import { GroupClients, type GroupClientsOptions } from "./group-clients.ts";
import type { ClientClientResult } from "./result.ts";
import { StepLog } from "./step-log.ts";

export interface ClientClientDrillOptions extends ClusterOptions {
  readonly clients: number;
  readonly sendEveryInMs: number;
  /** For how long it is watched that nobody moves. */
  readonly watchInMs: number;
  readonly client?: GroupClientsOptions["client"];
}

/** As the plugin and the client come. */
export const DEFAULTS = {
  pollIntervalInMs: 1000,
  leaseInMs: 10_000,
  sendEveryInMs: 2000,
  watchInMs: 12_000,
} as const;

/** Starts everything in processes of its own, runs everything that moves all clients, or must not, and ends it. */
export async function runClientClientDrill(
  options: ClientClientDrillOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<ClientClientResult> {
  const { clients, pollIntervalInMs, leaseInMs, watchInMs, sendEveryInMs } = options;
  const log = new StepLog(print, signal);
  const cluster = await startCluster(options);
  const { servers, store } = cluster;
  log.print("three app servers agree", `over ${store.name}, two regions are up`);
  const groupClients = new GroupClients({
    size: clients,
    sendEveryInMs,
    client: options.client ?? {},
    serverUrls: () => servers.map(({ url }) => url),
  });
  const measurements: Measurements = {
    moves: [],
    stays: [],
    quietCalls: [],
    leadTakenInMs: undefined,
  };
  let isPassed = false;
  let mostCallsInOnePoll = 0;
  try {
    await runDrillSteps(
      { log, cluster, clients: groupClients, pollIntervalInMs, leaseInMs, watchInMs, signal },
      measurements,
    );
    const status = await Promise.all(servers.map((server) => server.status()));
    mostCallsInOnePoll = Math.max(...status.map((it) => it.store.mostInOnePoll));
    isPassed = true;
  } catch (error) {
    if (!(error instanceof MissedStepError) && !signal.aborted) throw error;
  } finally {
    groupClients.stop();
    await cluster.close();
  }
  return {
    isPassed,
    store: store.name,
    clients,
    pollIntervalInMs,
    leaseInMs,
    ...measurements,
    mostCallsInOnePoll,
  };
}
