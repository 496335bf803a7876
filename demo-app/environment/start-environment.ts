import { type Listening, listenOnLoopback } from "../http/listen.ts";
import type { Opened } from "../kit/open-all.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import type { Home } from "./plugin-options.ts";
import { RunningEnvironment } from "./running-environment.ts";

export interface EnvironmentOptions {
  /** Where to look for free ports; 0 takes any, which others may take while a region is down. Default 0. */
  readonly firstPort?: number;
}

/** An app server for each home, and a load balancer before them. */
export async function startEnvironment(
  opened: Opened,
  homes: readonly Home[],
  regions: readonly EmulatedRegion[],
  { firstPort = 0 }: EnvironmentOptions,
): Promise<RunningEnvironment> {
  let nextPort = firstPort;
  const listen = async (): Promise<Listening> => {
    const listening = opened.add(await listenOnLoopback(nextPort));
    if (nextPort !== 0) nextPort = listening.port + 1;
    return listening;
  };
  const appServers: { home: Home; listening: Listening }[] = [];
  for (const home of homes) appServers.push({ home, listening: await listen() });
  return RunningEnvironment.start(opened, {
    appServers,
    loadBalancerListening: await listen(),
    regions,
  });
}
