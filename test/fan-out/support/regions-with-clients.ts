import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { ResilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { connectClient } from "../../support/official-client.ts";
import { startRegions } from "../../support/regions.ts";
import { until } from "../../support/until.ts";

export type RegionName = "eastus" | "westus";

/** The group that all are in; each is in a group with the name of its user as well. */
export const everybody = "everybody";

/** Of each region, its user and one who is connected to both. */
const usersOf = { eastus: ["ada", "eve"], westus: ["ada", "bob"] } as const;

/** A client that is connected to one region. */
export interface RegionClient {
  readonly userId: string;
  readonly connectionId: string;
  /** Data of the messages that it was sent. */
  readonly received: readonly unknown[];
}

export interface Region {
  readonly name: RegionName;
  readonly emulator: Emulator;
  /** Microsoft's own client, straight to this region. */
  readonly service: WebPubSubServiceClient;
  readonly clients: readonly RegionClient[];
}

export interface RegionsWithClients {
  readonly pubsub: ResilientPubSub;
  readonly eastus: Region;
  readonly westus: Region;
  readonly regions: readonly Region[];
}

/** Two regions with clients in both; the plugin is told of each by an event, if events are sent. */
export async function startRegionsWithClients({
  sendsEvents = false,
} = {}): Promise<RegionsWithClients> {
  const heardOf: string[] = [];
  const world = await startRegions({
    // One check decides, and is made whenever somebody asks where to send a client.
    health: { schedule: false, passive: false, fall: 1, onDemandMaxAgeInMs: 0 },
    upstream: { onConnected: ({ context }) => void heardOf.push(context.connectionId) },
  });
  if (sendsEvents) {
    const urlTemplate = `${world.url}/api/webpubsub/hubs/{hub}/`;
    const eventHandlers = [{ urlTemplate, systemEvents: ["connected" as const] }];
    for (const emulator of [world.eastus, world.westus]) emulator.setHub("chat", { eventHandlers });
  }
  const { pubsub } = world;
  const [, eastus, westus] = await Promise.all([
    pubsub.ready(),
    connectClients("eastus", world.eastus),
    connectClients("westus", world.westus),
  ]);
  const regions = [eastus, westus];
  const all = regions.flatMap(({ clients: inhabitants }) => inhabitants);
  if (sendsEvents) await until(() => heardOf.length === all.length);
  return { pubsub, eastus, westus, regions };
}

export async function connectClients(name: RegionName, emulator: Emulator): Promise<Region> {
  const options = { allowInsecureConnection: true };
  const service = new WebPubSubServiceClient(emulator.connectionString, "chat", options);
  const inhabitants = await Promise.all(
    usersOf[name].map((userId) => connectUser(service, userId)),
  );
  return { name, emulator, service, clients: inhabitants };
}

async function connectUser(service: WebPubSubServiceClient, userId: string): Promise<RegionClient> {
  const { url } = await service.getClientAccessToken({ userId, groups: [everybody, userId] });
  const { client, connectionIds, received } = await connectClient(url, { autoReconnect: false });
  client.on("group-message", ({ message }) => void received.push(message.data));
  const connectionId = await until(() => connectionIds[0]);
  return { userId, connectionId, received };
}

/** Somebody's connection to a region. */
export function subjectIn({ name, clients: inhabitants }: Region, userId: string): RegionClient {
  const found = inhabitants.find((one) => one.userId === userId);
  if (found === undefined) throw new Error(`there is no ${userId} in ${name}`);
  return found;
}

/**
 * What ails the endpoints: one that is down would do what it is asked, since only its health check
 * fails, but nobody should ask; one that fails is in use all the same.
 */
export const conditions = {
  "all are up": async () => {},
  "eastus is down": async ({ pubsub, eastus }: RegionsWithClients) => {
    await takeDown(eastus);
    await pubsub.getClientAccessToken();
    await until(() => isDown(pubsub, "eastus"));
  },
  "eastus fails": async ({ eastus }: RegionsWithClients) => {
    await eastus.emulator.inject({ kind: "gray", status: 500 });
  },
  "all are down": async ({ pubsub, regions }: RegionsWithClients) => {
    await Promise.all(regions.map(takeDown));
    await pubsub.getClientAccessToken().catch(() => {});
    await until(() => regions.every(({ name }) => isDown(pubsub, name)));
  },
} as const satisfies Record<string, (world: RegionsWithClients) => Promise<void>>;

export type Condition = keyof typeof conditions;

function isDown(pubsub: ResilientPubSub, region: RegionName): boolean {
  return pubsub.endpoints
    .snapshot()
    .some(({ name, state }) => name === region && state === "unhealthy");
}

function takeDown({ emulator }: Region): Promise<void> {
  return emulator.inject({ kind: "unhealthy", status: 503, requestTypes: ["Health"] });
}

/** Why an endpoint that is down is skipped. */
export const down = "status(503)";

/** What has been done is looked at without faults. */
export async function heal({ regions }: RegionsWithClients): Promise<void> {
  await Promise.all(regions.map(({ emulator }) => emulator.clear()));
}
