import type { EndpointOptions } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import type { Claim, ClientRecord, Moved, PlainRecord, Sent, Told } from "../record.ts";

export interface EndpointSettings {
  readonly port: number;
  readonly accessKey: string;
  /** Where user events go. */
  readonly upstreamPort: number;
}

/** What an endpoint is to suffer from now on; undefined: nothing. */
export interface EndpointOrder {
  readonly fault: Fault | "wrongKey" | undefined;
}

export interface ServerSettings {
  /** With the number of its run: a sender. */
  readonly sender: string;
  readonly port: number;
  readonly endpoints: readonly EndpointOptions[];
  /** Undefined: the history is in its memory. */
  readonly redisUrl: string | undefined;
  readonly appendTimeoutInMs: number;
  readonly reviewAfterInMs: number;
  /** Messages a second to each stream. */
  readonly rate: number;
  /** It sends at once; otherwise when it is ordered to. */
  readonly isSending: boolean;
}

export interface SendingOrder {
  readonly isSending: boolean;
}

export interface ClientsSettings {
  readonly names: readonly string[];
  readonly negotiateUrls: readonly string[];
  /** How many of the clients publish, and how many messages a second together. */
  readonly publishers: number;
  readonly rate: number;
  /** In milliseconds, for an answer to a ping. */
  readonly patience: number;
}

export interface PlainSettings {
  readonly names: readonly string[];
  readonly negotiateUrls: readonly string[];
}

export type ClientsOrder =
  | { readonly kind: "begin" }
  | { readonly kind: "sending"; readonly isSending: boolean }
  | { readonly kind: "positions" }
  | { readonly kind: "collect" };

/** What the programs send. */
export type ProgramMessage =
  | { readonly kind: "serves" }
  | { readonly kind: "sent"; readonly sent: Sent }
  /** It has lost the history, or has it again. */
  | { readonly kind: "history"; readonly isLost: boolean; readonly why: string }
  | { readonly kind: "complaint"; readonly what: string }
  /** Of each client, where it is in each stream; "" while it is not connected. */
  | { readonly kind: "positions"; readonly positions: readonly string[] }
  | { readonly kind: "begun" }
  | { readonly kind: "record"; readonly record: ClientRecord }
  | { readonly kind: "claims"; readonly claims: readonly Claim[] }
  | { readonly kind: "plain"; readonly record: PlainRecord }
  | {
      readonly kind: "collected";
      readonly moved: readonly Moved[];
      readonly told: readonly Told[];
      readonly reads: readonly number[];
    };
