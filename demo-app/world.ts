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
  /** Folder of the page; without one the app servers have no page. */
  pageFolder?: string;
}

export const HUB = "demo";
