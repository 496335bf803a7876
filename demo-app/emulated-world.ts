import type { EndpointOptions } from "express-resilient-pubsub";
import { startAppServers } from "./app-servers.ts";
import { EmulatedRegion } from "./emulated-region.ts";
import { openAll } from "./opened.ts";
import { HUB, type World, type WorldOptions } from "./world.ts";

export const REGIONS = ["eastus", "westus"] as const;

/** Two regions on this machine, each the other's mirror: active/active. */
export function startEmulatedWorld(options: WorldOptions = {}): Promise<World> {
  return openAll(async (opened) => {
    const regions: EmulatedRegion[] = [];
    for (const name of REGIONS) regions.push(opened.add(await EmulatedRegion.start(name)));
    const homes = regions.map(({ name }) => ({
      region: name,
      endpoints: regions.map((region) => endpointOf(region, name)),
    }));
    const servers = await startAppServers(opened, homes, { ...options, regions });
    for (const [index, server] of servers.entries()) regions[index]?.sendEventsTo(HUB, server.url);
    await Promise.all(servers.map(({ pubsub }) => pubsub.ready()));
    return { servers, regions, close: () => opened.close() };
  });
}

function endpointOf({ name, connectionString }: EmulatedRegion, home: string): EndpointOptions {
  return { name, role: name === home ? "primary" : "secondary", connectionString };
}
