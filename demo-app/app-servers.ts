import type { EndpointOptions, ResilientPubSub } from "express-resilient-pubsub";
import { createAppServer } from "./app-server.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import { type Listening, listenOnLoopback } from "./listen.ts";
import type { Opened } from "./opened.ts";
import { ownAddresses } from "./own-addresses.ts";
import type { WorldOptions } from "./world.ts";

/** A region as its app server sees the world: its own endpoint is the primary. */
export interface Home {
  readonly region: string;
  readonly endpoints: EndpointOptions[];
}

export interface AppServer {
  readonly region: string;
  readonly url: string;
  readonly port: number;
  readonly pubsub: ResilientPubSub;
}

interface StartOptions extends WorldOptions {
  readonly regions: readonly EmulatedRegion[];
}

/** All listen before the first is built, because each tells its page about all the others. */
export async function startAppServers(
  opened: Opened,
  homes: readonly Home[],
  { firstPort = 0, page, regions }: StartOptions,
): Promise<AppServer[]> {
  const places: { home: Home; listening: Listening }[] = [];
  let nextPort = firstPort;
  for (const home of homes) {
    const listening = opened.add(await listenOnLoopback(nextPort));
    if (firstPort !== 0) nextPort = listening.port + 1;
    places.push({ home, listening });
  }
  const servers = places.map(({ home, listening: { url } }) => ({ region: home.region, url }));
  const addresses = ownAddresses(places.map(({ listening }) => listening.port));
  return places.map(({ home, listening }) => {
    const { app, pubsub } = createAppServer({ home, servers, regions, addresses, page });
    opened.add(pubsub);
    listening.server.on("request", app);
    return { region: home.region, url: listening.url, port: listening.port, pubsub };
  });
}
