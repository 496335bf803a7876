import type { EndpointOptions } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import type { Entry } from "../recording/entry.ts";

export const HUB = "nemesis";
export const STORE_NAMESPACE = "nemesis";

interface ProgramSettings {
  /** Of the process, and of what it records. */
  readonly name: string;
  /** Where the recording is. */
  readonly folder: string;
}

export interface ServerSettings extends ProgramSettings {
  /** How often it was started, from 1. */
  readonly run: number;
  readonly port: number;
  readonly endpoints: readonly EndpointOptions[];
  /** How it reaches the store: a URL of redis, or a connection string of blob storage. */
  readonly store: { readonly url: string } | { readonly connectionString: string };
  readonly pollInMs: number;
  readonly leaseInMs: number;
  readonly schedule: string;
}

export interface EndpointSettings extends ProgramSettings {
  readonly port: number;
  readonly accessKey: string;
}

export interface ClientSettings {
  readonly name: string;
  /** Ports of its links to the servers. */
  readonly serverPorts: readonly number[];
  /** By the port of an endpoint, the one of its link to it. */
  readonly endpointPorts: Readonly<Record<number, number>>;
}

export interface ClientsSettings extends ProgramSettings {
  readonly clients: readonly ClientSettings[];
  readonly silenceInMs: number;
  readonly pauseInMs: number;
}

/** What each of these programs sends: that it serves, and whatever it records. */
export type ProgramMessage =
  | { readonly kind: "serves" }
  | { readonly kind: "recorded"; readonly entry: Entry };

export interface ServerOrder {
  readonly kind: "switch";
  readonly to: string;
}

/** What an endpoint is to suffer from now on. */
export interface EndpointOrder {
  readonly fault: Fault | undefined;
}
