import type { Activity } from "./activity.ts";

export type SystemEvent = "connect" | "connected" | "disconnected";

export type GroupEvent = "joined" | "left";

/** How the service proves itself to an app server; a `?code=` can stand in the URL as well. */
export type EventHandlerAuth =
  | { type: "none" }
  /** Sends a bearer token for this resource, unsigned by any authority, as Entra would issue it. */
  | { type: "managedIdentity"; resource: string };

/** Where the events of a hub go; the first handler that wants an event gets it, no other does. */
export interface EventHandlerOptions {
  /** An http(s) URL; `{hub}` and `{event}` are filled in, but not in the host. */
  urlTemplate: string;
  /** The system events to send. Defaults to none. */
  systemEvents?: readonly SystemEvent[];
  /** `*` for every user event, or names and patterns with commas between. Defaults to none. */
  userEventPattern?: string;
  /** The group events to send. Defaults to none. */
  groupEvents?: readonly GroupEvent[];
  /** Defaults to `{ type: "none" }`. */
  auth?: EventHandlerAuth;
}

export interface HubOptions {
  /** Whether clients without a token may connect. Defaults to `deny`. */
  anonymousConnectPolicy?: "deny" | "allow";
  /** In order of precedence. Defaults to none. */
  eventHandlers?: readonly EventHandlerOptions[];
  /** How often clients are pinged; one that has not answered by the next ping is cut. Defaults to 20. */
  webSocketKeepAliveIntervalInSeconds?: number;
  /**
   * What a client of a PubSub protocol gets for an event that failed or that nobody wanted: a
   * failing ack, or its connection is closed. Defaults to `acknowledge`.
   */
  failedEvents?: "acknowledge" | "close";
}

/** The bounds of the service; those of Azure by default, smaller ones make them easy to reach. */
export interface EmulatorLimits {
  /** The size of one frame of a client, and of a REST body. Defaults to 1 MiB. */
  messageBytes?: number;
  /** Open connections, over all hubs; more are refused with 429. Defaults to no limit. */
  connections?: number;
  /** What a reliable client may leave without `sequenceAck`. Defaults to 1000. */
  unacknowledgedMessages?: number;
  /** As `unacknowledgedMessages`, in bytes. Defaults to 16 MiB. */
  unacknowledgedBytes?: number;
  /** What may wait for a client that reads too slowly. Defaults to 1000. */
  waitingMessages?: number;
  /** As `waitingMessages`, in bytes. Defaults to 16 MiB. */
  waitingBytes?: number;
  /** How long a reliable client may take to come back. Defaults to 30 000. */
  recoveryWindowInMs?: number;
}

/** How long app servers may take. */
export interface UpstreamTimeouts {
  /** For the answer to an event. Defaults to 100 000. */
  eventTimeoutInMs?: number;
  /** For the answer to a validation. Defaults to 10 000. */
  validationTimeoutInMs?: number;
  /** How long a validation that succeeded holds. Defaults to 60 000. */
  validationLifetimeInMs?: number;
}

/** A certificate and its private key, both in PEM. */
export interface TlsCertificate {
  cert: string;
  key: string;
}

export interface EmulatorOptions {
  /** The port to listen on. Defaults to 0: any free one. */
  port?: number;
  /** The address to listen on. Defaults to `127.0.0.1`. */
  host?: string;
  /**
   * The URL that others know the service by, when it is not the one listened on: tokens must name
   * it. Defaults to scheme, host and port listened on.
   */
  publicEndpoint?: string;
  /** Speaks https and wss: `true` makes a self-signed certificate. Defaults to `false`. */
  tls?: boolean | TlsCertificate;
  /** Signs tokens and events. Defaults to a fresh random key. */
  accessKey?: string;
  /** The second key, as valid as the first. Defaults to a fresh random key. */
  secondaryAccessKey?: string;
  /** Refuses every token signed with an access key. Defaults to `false`. */
  disableLocalAuth?: boolean;
  /**
   * Takes any unexpired token for `https://webpubsub.azure.com` as a Microsoft Entra one on REST
   * calls, whoever signed it. Defaults to `false`.
   */
  acceptEntraTokens?: boolean;
  /** Settings by hub name. Every valid hub name works without any. */
  hubs?: Readonly<Record<string, HubOptions>>;
  limits?: EmulatorLimits;
  upstream?: UpstreamTimeouts;
  /**
   * Opens `/_emulator` to this machine: with `true` on the service's own port, with `{ port }` on
   * one of its own, which also answers during a crash. Defaults to `false`.
   */
  admin?: boolean | { port: number };
  /** Where the dice of faults start; the same seed throws the same dice. Defaults to 1. */
  seed?: number;
  /** Told of everything that happens; what it throws is a warning. Defaults to nobody. */
  onActivity?: (activity: Activity) => void;
}
