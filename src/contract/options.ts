import type { TokenCredential } from "@azure/core-auth";
import type { WebPubSubEventHandlerOptions } from "@azure/web-pubsub-express";
import type { Request } from "express";
import type { EndpointRole, EndpointSnapshot } from "./endpoint.ts";

import type { CoordinationStore } from "./store.ts";

/** One Web PubSub service instance, as given to `resilientPubSub` or to `endpoints.add`. */
export interface EndpointOptions {
  /** Unique name, used in reports, events and `?failed=`. */
  name: string;
  role: EndpointRole;
  /** Share among equals. Primaries default to 1; secondaries without one are used strictly in order. */
  weight?: number;
  /** Connection string with access key; the alternative to `endpoint` and `credential`. */
  connectionString?: string;
  /** `https://` URL of the instance; needs `credential`. `http://` is allowed on loopback hosts only. */
  endpoint?: string;
  /** Microsoft Entra credential, such as `new DefaultAzureCredential()`. */
  credential?: TokenCredential;
  /** Access keys that verify upstream signatures when the endpoint is given by `credential`. */
  accessKeys?: string[];
  /** Where clients are sent instead of the instance's own host, such as a front door; https or wss. */
  clientEndpoint?: string;
  /** Where REST calls and health checks are sent instead of the instance's own host. */
  reverseProxyEndpoint?: string;
}

/** How an endpoint is added at run time. */
export interface AddOptions {
  /** Adds it to broadcasts only, until `undrain`. Default false. */
  drained?: boolean;
}

/** How an endpoint is removed at run time. */
export interface RemoveOptions {
  /** How long broadcasts still reach its clients. Default 10000 (ms); 0 = not any more. */
  fanOutForInMs?: number;
}

/** Who a negotiating client is. All fields may be left out: `{}` is an anonymous client. */
export interface Identity {
  userId?: string;
  /** Such as `webpubsub.joinLeaveGroup`, `webpubsub.sendToGroup.news`. */
  roles?: string[];
  /** Groups the connection joins when it connects. */
  groups?: string[];
}

export type Authenticate = (
  req: Request,
) => Identity | null | undefined | Promise<Identity | null | undefined>;

export interface NegotiateOptions {
  /** Path of the route, GET and POST. Default `/negotiate`. */
  path?: string;
  /** Tells who is asking; `null` is answered 401. Required unless `allowAnonymous` is true. */
  authenticate?: Authenticate;
  /** Give tokens to callers without an identity. Default false. */
  allowAnonymous?: boolean;
  /** How long a client may take to connect with its token, 1 to 1440. Default 60 (minutes). */
  tokenLifetimeInMinutes?: number;
  /** Answer when no endpoint is healthy: 503, or the primary all the same. Default `reject`. */
  whenNoneHealthy?: "reject" | "primary";
  /**
   * The most clients a second that are sent to one endpoint by this app server, with one second's
   * worth at once; the others are told when to come back, and are not sent elsewhere. Default false:
   * no limit.
   */
  maxPerSecond?: false | number;
}

/** Chooses the endpoint of one negotiate among the healthy ones (primaries first); nothing = the default rule. */
export type Router = (
  req: Request,
  candidates: readonly EndpointSnapshot[],
) => RouterAnswer | Promise<RouterAnswer>;

/** An endpoint, its name, or nothing. */
export type RouterAnswer = EndpointSnapshot | string | null | undefined;

type Handlers = Pick<
  WebPubSubEventHandlerOptions,
  | "handleConnect"
  | "handleUserEvent"
  | "onConnected"
  | "onDisconnected"
  | "onGroupJoined"
  | "onGroupLeft"
>;

/** Handlers carry the names of `@azure/web-pubsub-express` and may be async. */
export interface UpstreamOptions extends Handlers {
  /** Path of the webhook routes; `{hub}` is filled in. Default `/api/webpubsub/hubs/{hub}/`. */
  path?: string;
  /** Hosts admitted besides those of the endpoints, such as a custom domain: `host`, `host:port` or a URL. */
  allowedOrigins?: string[];
  /** Decides about an event in place of the signature check: true = genuine. */
  authorize?: (req: Request) => boolean | Promise<boolean>;
  /** False accepts events without any check of their sender. Default true. */
  verifySignature?: boolean;
  /** Larger bodies are refused with 413. Default 1 MiB, the service's own limit of a message. */
  maxBodyInBytes?: number;
}

export interface HealthOptions {
  /** Cron expression (with seconds, UTC) of the health job; false = on demand only. Default every 5 s. */
  schedule?: string | false;
  /** Deadline of one health check. Default 2000 (ms). */
  timeoutInMs?: number;
  /** Failures in a row that take an endpoint out. Default 2. */
  fall?: number;
  /** Successes in a row that bring it back. Default 2. */
  rise?: number;
  /** Time between checks while an answer contradicts the state. Default 250 (ms). */
  transitionIntervalInMs?: number;
  /** A negotiate checks an endpoint whose last check is older; 0 = every negotiate. Default 1000 (ms). */
  onDemandMaxAgeInMs?: number;
  /** The longest a negotiate waits for such a check. Default 500 (ms). */
  onDemandBudgetInMs?: number;
  /**
   * Whether the outcomes of real calls (operations, tokens) count as evidence: `fall` failures in a
   * row, or one 401 or 403, take an endpoint out, and each failure starts a health check at once.
   * Default true.
   */
  passive?: boolean;
}

export interface FanOutOptions {
  /** Deadline of every operation, however many endpoints and attempts it takes. Default 5000 (ms). */
  timeoutInMs?: number;
  /** Deadline for each endpoint, retries included. Default: as long as the operation (ms). */
  endpointTimeoutInMs?: number;
}

export interface FailbackOptions {
  /** How long a recovered primary must stay up before anyone is moved back by force. Default 60000 (ms). */
  holdDownInMs?: number;
  /**
   * Pace at which clients on a secondary that are away from their primary are closed, so that they
   * come home. Default false: they stay until they reconnect. It is a bound for all app servers of
   * the region together, not a share of each, as long as their clocks agree to a fraction of a second.
   */
  close?: false | { connectionsPerSecond: number };
}

/** How app servers agree on one endpoint; for the client-client topology only. */
export interface CoordinationOptions {
  /**
   * Where the servers meet: `azureBlobStore` or `redisStore`. Default `memoryStore()`, which is only
   * right for an app with a single server.
   */
  store?: CoordinationStore;
  /** How often each server looks at the store. Default 1000 (ms). */
  pollIntervalInMs?: number;
  /**
   * For how long a server that has fallen silent still counts, and leads if it led. Default 10000 (ms);
   * at least four times `pollIntervalInMs`.
   */
  leaseInMs?: number;
  /**
   * Whether everybody returns to the endpoint that is the primary of most servers, when all of them
   * have seen it healthy for `failback.holdDownInMs`. Default false: they stay until `switchTo`.
   */
  failback?: boolean;
}

/**
 * Who talks to whom: `client-server`, where messages come from the app servers and clients may be on
 * different endpoints, or `client-client`, where clients also publish to each other through the
 * service and so must all be on the same one.
 */
export type Topology = "client-server" | "client-client";

export interface ResilientPubSubOptions {
  /** Hub that this plugin serves. */
  hub: string;
  /** At least one, with at least one primary. Secondaries are used in the order given. */
  endpoints: EndpointOptions[];
  negotiate: NegotiateOptions;
  /** Default `client-server`. */
  topology?: Topology;
  /** For `client-client` only. */
  coordination?: CoordinationOptions;
  router?: Router;
  upstream?: UpstreamOptions;
  health?: HealthOptions;
  fanOut?: FanOutOptions;
  failback?: FailbackOptions;
}
