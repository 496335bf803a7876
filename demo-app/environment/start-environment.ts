import { type Listening, listenOnLoopback } from "../http/listen.ts";
import type { OpenResources } from "../kit/open-all.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import type { RegionEndpoints } from "./plugin-options.ts";
import { RunningEnvironment } from "./running-environment.ts";

export interface EnvironmentOptions {
  /** Where to look for free ports; 0 takes any, which others may take while a region is down. Default 0. */
  readonly firstPort?: number;
}

/** An app server for each region, and a load balancer before them. */
export async function startEnvironment(
  opened: OpenResources,
  regions: readonly RegionEndpoints[],
  emulatedRegions: readonly EmulatedRegion[],
  { firstPort = 0 }: EnvironmentOptions,
): Promise<RunningEnvironment> {
  let nextPort = firstPort;
  const listen = async (): Promise<Listening> => {
    const listening = opened.add(await listenOnLoopback(nextPort));
    if (nextPort !== 0) nextPort = listening.port + 1;
    return listening;
  };
  const appServers: { regionEndpoints: RegionEndpoints; listening: Listening }[] = [];
  for (const regionEndpoints of regions)
    appServers.push({ regionEndpoints, listening: await listen() });
  return RunningEnvironment.start(opened, {
    appServers,
    loadBalancerListening: await listen(),
    emulatedRegions,
  });
}
