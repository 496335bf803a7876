import type { RequestHandler } from "express";
import type { AppServer } from "./app-servers.ts";
import type { EmulatedRegion } from "./emulated-region.ts";

/** Everything that runs during the demo. */
export interface World {
  /** One app server for each region, in the order in which the page shows them. */
  readonly servers: readonly AppServer[];
  /** What can be broken by a button; empty on real Azure. */
  readonly regions: readonly EmulatedRegion[];
  /** Ends every server and socket. Idempotent. */
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Where to look for free ports; 0 takes any. Default 0. */
  firstPort?: number;
  /** What serves the page; without it the app servers have none. */
  page?: RequestHandler;
}

export const HUB = "demo";
