import { MissedStepError } from "../kit/missed-step-error.ts";
import { type ClusterOptions, startCluster } from "./cluster.ts";
import { type Findings, rehearse } from "./drill-steps.ts";
import { Crowd, type CrowdOptions } from "./group-clients.ts";
import type { ClientClientResult } from "./result.ts";
import { Timeline } from "./step-log.ts";

export interface ClientClientDrillOptions extends ClusterOptions {
  readonly clients: number;
  readonly speakEveryInMs: number;
  /** For how long it is watched that nobody moves. */
  readonly watchInMs: number;
  readonly client?: CrowdOptions["client"];
}

/** As the plugin and the client come. */
export const DEFAULTS = {
  pollIntervalInMs: 1000,
  leaseInMs: 10_000,
  speakEveryInMs: 2000,
  watchInMs: 12_000,
} as const;

/** Starts everything in processes of its own, plays everything that moves all clients, or must not, and ends it. */
export async function runClientClientDrill(
  options: ClientClientDrillOptions,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<ClientClientResult> {
  const { clients, pollIntervalInMs, leaseInMs, watchInMs, speakEveryInMs } = options;
  const timeline = new Timeline(print, signal);
  const cluster = await startCluster(options);
  const { servers, store } = cluster;
  timeline.say("three app servers agree", `over ${store.name}, two regions are up`);
  const crowd = new Crowd({
    size: clients,
    speakEveryInMs,
    client: options.client ?? {},
    serverUrls: () => servers.map(({ url }) => url),
  });
  const findings: Findings = { moves: [], stays: [], quietCalls: [], leadTakenInMs: undefined };
  let isPassed = false;
  let mostCallsInOnePoll = 0;
  try {
    await rehearse(
      { timeline, cluster, crowd, pollIntervalInMs, leaseInMs, watchInMs, signal },
      findings,
    );
    const status = await Promise.all(servers.map((server) => server.status()));
    mostCallsInOnePoll = Math.max(...status.map((it) => it.store.mostInOnePoll));
    isPassed = true;
  } catch (error) {
    if (!(error instanceof MissedStepError) && !signal.aborted) throw error;
  } finally {
    crowd.stop();
    await cluster.close();
  }
  return {
    isPassed,
    store: store.name,
    clients,
    pollIntervalInMs,
    leaseInMs,
    ...findings,
    mostCallsInOnePoll,
  };
}
