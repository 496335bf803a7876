/** What the app server is given. */
export interface ServerSettings {
  readonly connectionStrings: Readonly<Record<RegionName, string>>;
  readonly broadcastEveryInMs: number;
}

export const REGIONS = ["east", "west"] as const;
export type RegionName = (typeof REGIONS)[number];

/** What it sends, each second. */
export interface ServerReport {
  readonly port: number;
  readonly healthy: readonly string[];
  /** Broadcasts that have ended, and those of them that an endpoint did not get. */
  readonly broadcasts: number;
  readonly undelivered: Readonly<Record<RegionName, number>>;
  /** How often no endpoint was left to send clients to. */
  readonly allDown: number;
  readonly unhandledRejections: readonly string[];
  readonly warnings: readonly string[];
  readonly rssInMib: number;
}
