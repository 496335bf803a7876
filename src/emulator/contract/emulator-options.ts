import type { Activity } from "./activity.ts";

/** What the service tells app servers about a connection itself. */
export type SystemEvent = "connect" | "connected" | "disconnected";

/** What the service tells app servers about a connection and a group. */
export type GroupEvent = "joined" | "left";

/** How the service proves itself to an app server; a `?code=` can stand in the URL as well. */
export type EventHandlerAuth =
  | {
      /** It does not; the signature of the event is all there is. */
      type: "none";
    }
  | {
      /** With a bearer token as Entra would issue it, but signed by no authority. */
      type: "managedIdentity";
      /** Audience of the token. */
      resource: string;
    };

/** Where the events of a hub go; the first handler that wants an event gets it, no other does. */
export interface EventHandlerOptions {
  /** An http(s) URL; `{hub}` and `{event}` are filled in, but not in the host. */
  urlTemplate: string;
  /**
   * The system events to send.
   *
   * @default []
   */
  systemEvents?: readonly SystemEvent[] | undefined;
  /**
   * `*` for every user event, or names and patterns with commas between; in up to 1024 characters.
   *
   * @default "", which is none
   */
  userEventPattern?: string | undefined;
  /**
   * The group events to send.
   *
   * @default []
   */
  groupEvents?: readonly GroupEvent[] | undefined;
  /** @default { type: "none" } */
  auth?: EventHandlerAuth | undefined;
}

/** The settings of one hub. */
export interface HubOptions {
  /**
   * Whether clients without a token may connect.
   *
   * @default "deny"
   */
  anonymousConnectPolicy?: "deny" | "allow" | undefined;
  /**
   * In order of precedence.
   *
   * @default []
   */
  eventHandlers?: readonly EventHandlerOptions[] | undefined;
  /**
   * How often clients are pinged, in seconds from 1 to 120; one that has not answered by the next
   * ping is cut.
   *
   * @default 20
   */
  webSocketKeepAliveIntervalInSeconds?: number | undefined;
  /**
   * What a client of a PubSub protocol gets for an event that failed or that nobody wanted: a
   * failing ack, or its connection is closed.
   *
   * @default "acknowledge"
   */
  failedEvents?: "acknowledge" | "close" | undefined;
}

/** The bounds of the service; those of Azure by default, smaller ones make them easy to reach. */
export interface EmulatorLimits {
  /**
   * The size of one frame of a client, and of a REST body, in bytes.
   *
   * @default 1048576
   */
  messageBytes?: number | undefined;
  /**
   * Open connections, over all hubs; more are refused with 429.
   *
   * @default no limit
   */
  connections?: number | undefined;
  /**
   * What a reliable client may leave without `sequenceAck`, in messages.
   *
   * @default 1000
   */
  unacknowledgedMessages?: number | undefined;
  /**
   * As `unacknowledgedMessages`, in bytes.
   *
   * @default 16777216
   */
  unacknowledgedBytes?: number | undefined;
  /**
   * What may wait for a client that reads too slowly, in messages.
   *
   * @default 1000
   */
  waitingMessages?: number | undefined;
  /**
   * As `waitingMessages`, in bytes.
   *
   * @default 16777216
   */
  waitingBytes?: number | undefined;
  /**
   * How long a reliable client may take to come back, in milliseconds.
   *
   * @default 30000
   */
  recoveryWindowInMs?: number | undefined;
}

/** How long app servers may take, and when they are asked again. */
export interface UpstreamTimeouts {
  /**
   * For the answer to an event, in milliseconds.
   *
   * @default 100000
   */
  eventTimeoutInMs?: number | undefined;
  /**
   * For the answer to a validation, in milliseconds.
   *
   * @default 10000
   */
  validationTimeoutInMs?: number | undefined;
  /**
   * How long a validation that succeeded holds, in milliseconds.
   *
   * @default 60000
   */
  validationLifetimeInMs?: number | undefined;
  /**
   * The pauses before an event that was answered 503 is sent again, in milliseconds; `[]` sends it
   * once. At most 10.
   *
   * @default [1000, 3000, 5000]
   */
  retryDelaysInMs?: readonly number[] | undefined;
}

/** A certificate and its private key. */
export interface TlsCertificate {
  /** In PEM. */
  cert: string;
  /** In PEM. */
  key: string;
}

/** What `startEmulator` takes; every option may be left out. */
export interface EmulatorOptions {
  /**
   * The port to listen on; 0 is any free one.
   *
   * @default 0
   */
  port?: number | undefined;
  /**
   * The address to listen on.
   *
   * @default "127.0.0.1"
   */
  host?: string | undefined;
  /**
   * The URL that others know the service by, when it is not the one listened on: tokens must name
   * it.
   *
   * @default scheme, host and port listened on
   */
  publicEndpoint?: string | undefined;
  /**
   * Speaks https and wss: `true` makes a self-signed certificate.
   *
   * @default false
   */
  tls?: boolean | TlsCertificate | undefined;
  /**
   * Signs tokens and events. Text without spaces and semicolons.
   *
   * @default 32 random bytes in base64
   */
  accessKey?: string | undefined;
  /**
   * The second key, as valid as the first.
   *
   * @default 32 random bytes in base64
   */
  secondaryAccessKey?: string | undefined;
  /**
   * Refuses every token signed with an access key.
   *
   * @default false
   */
  disableLocalAuth?: boolean | undefined;
  /**
   * Takes any unexpired token for `https://webpubsub.azure.com` as a Microsoft Entra one on REST
   * calls, whoever signed it.
   *
   * @default false
   */
  acceptEntraTokens?: boolean | undefined;
  /**
   * Whether clients get the metadata of messages that are sent by REST. `false` is a service that drops
   * the headers `X-WebPubSub-Metadata-*` without a word.
   *
   * @default true
   */
  metadata?: boolean | undefined;
  /**
   * Settings by hub name. Every valid hub name works without any.
   *
   * @default {}
   */
  hubs?: Readonly<Record<string, HubOptions>> | undefined;
  /** @default the limits of Azure */
  limits?: EmulatorLimits | undefined;
  /** @default the timeouts of Azure */
  upstream?: UpstreamTimeouts | undefined;
  /**
   * Opens `/_emulator` to this machine: with `true` on the service's own port, with `{ port }` on
   * one of its own, which also answers during a crash.
   *
   * @default false
   */
  admin?:
    | boolean
    | {
        /** A port of 127.0.0.1; 0 is any free one. */
        port: number;
      }
    | undefined;
  /**
   * Where the random numbers of faults start: the same seed and the same requests give the same
   * faults.
   *
   * @default 1
   */
  seed?: number | undefined;
  /**
   * Told of everything that happens; what it throws is a warning of the process.
   *
   * @default nobody is told
   */
  onActivity?: ((activity: Activity) => void) | undefined;
}
