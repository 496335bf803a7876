import type { EndpointOptions } from "express-resilient-pubsub";
import { openAll } from "../kit/open-all.ts";
import { EmulatedRegion } from "./emulated-region.ts";
import { HUB } from "./plugin-options.ts";
import type { RunningEnvironment } from "./running-environment.ts";
import { type EnvironmentOptions, startEnvironment } from "./start-environment.ts";

export const REGIONS = ["eastus", "westus"] as const;

/** Two regions on this machine, each the other's mirror: active/active. */
export function startEmulatedEnvironment(
  options: EnvironmentOptions = {},
): Promise<RunningEnvironment> {
  return openAll(async (opened) => {
    const emulatedRegions: EmulatedRegion[] = [];
    // The app servers and the load balancer come first.
    let port = options.firstPort ? options.firstPort + REGIONS.length + 1 : 0;
    for (const name of REGIONS) {
      const region = opened.add(await EmulatedRegion.start(name, port));
      emulatedRegions.push(region);
      if (port !== 0) port = region.port + 1;
    }
    const regionEndpoints = emulatedRegions.map(({ name }) => ({
      region: name,
      endpoints: emulatedRegions.map((region) => endpointOf(region, name)),
    }));
    const environment = await startEnvironment(opened, regionEndpoints, emulatedRegions, options);
    for (const [index, { url }] of environment.servers.entries())
      emulatedRegions[index]?.sendEventsTo(HUB, url);
    return environment;
  });
}

function endpointOf(
  { name, connectionString }: EmulatedRegion,
  homeRegion: string,
): EndpointOptions {
  return { name, role: name === homeRegion ? "primary" : "secondary", connectionString };
}
