import type { CoordinationStore } from "express-resilient-pubsub";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { startAzurite } from "../processes/azurite.ts";
import { startRedis } from "../processes/redis-server.ts";

export const STORES = ["azure-blob", "redis"] as const;
export type StoreKind = (typeof STORES)[number];

/** How an app server reaches the store. */
export interface StoreSettings {
  readonly kind: StoreKind;
  /** Of blob storage. */
  readonly connectionString?: string;
  /** Of redis. */
  readonly url?: string;
}

/** The server of a store, in a process of its own. */
export interface StoreServer {
  readonly name: string;
  readonly settings: StoreSettings;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** @throws Error when there is no redis on the PATH */
export async function startStore(kind: StoreKind): Promise<StoreServer> {
  if (kind === "redis") {
    const redis = await startRedis();
    return serverOf(redis, "redis", { kind, url: redis.url });
  }
  const azurite = await startAzurite();
  return serverOf(azurite, "Azurite", { kind, connectionString: azurite.connectionString });
}

/** The store as the plugin is given it. */
export function storeFor({
  kind,
  connectionString = "",
  url = "",
}: StoreSettings): CoordinationStore {
  if (kind === "redis") return redisStore({ url, prefix: "drill" });
  return azureBlobStore({ connectionString, container: "drill" });
}

function serverOf(
  server: Omit<StoreServer, "name" | "settings">,
  name: string,
  settings: StoreSettings,
): StoreServer {
  return {
    name,
    settings,
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: () => server.close(),
  };
}
