import type { EndpointOptions, HealthOptions } from "express-resilient-pubsub";
import type { StoreSettings } from "./store-servers.ts";

export const HUB = "drill";
export const GROUP = "everybody";

export interface EmulatorSettings {
  /** 0 takes any. */
  readonly port: number;
  readonly accessKey?: string | undefined;
}

/** What an emulated instance sends once it serves. */
export interface EmulatorMessage {
  readonly connectionString: string;
}

export interface ServerSettings {
  /** 0 takes any. */
  readonly port: number;
  readonly endpoints: readonly EndpointOptions[];
  readonly store: StoreSettings;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  readonly health?: HealthOptions | undefined;
}

/** What an app server sends when it happens; `at` is of the clock that all processes share. */
export type ServerMessage =
  | {
      readonly kind: "listening";
      readonly port: number;
      readonly url: string;
      readonly at: number;
    }
  | {
      readonly kind: "down";
      readonly endpoint: string;
      readonly reason: string;
      readonly at: number;
    }
  | {
      readonly kind: "agreed";
      readonly epoch: number;
      readonly active: string;
      readonly reason: string;
      readonly at: number;
    }
  | { readonly kind: "store-lost" | "store-restored"; readonly at: number };

/** `GET /drill/status` of an app server. */
export interface ServerStatus {
  readonly isLeader: boolean;
  readonly epoch: number | undefined;
  readonly store: StoreCalls;
}

/** Calls of one server so far. */
export interface StoreCalls {
  readonly polls: number;
  readonly calls: number;
  readonly mostInOnePoll: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

/** Epoch milliseconds, finer than `Date.now()`, and the same in all processes of this machine. */
export function sharedNow(): number {
  return performance.timeOrigin + performance.now();
}

/** The same moment by this process's own clock. */
export function localTimeOf(shared: number): number {
  return shared - performance.timeOrigin;
}
