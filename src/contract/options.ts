import type { TokenCredential } from "@azure/core-auth";
import type { Request } from "express";
import type { EndpointRole, EndpointSnapshot } from "./endpoint.ts";
import type { HistoryOptions } from "./history-options.ts";
import type { Logger } from "./logger.ts";
import type { CoordinationStore } from "./store.ts";
import type { UpstreamOptions } from "./upstream-options.ts";

/**
 * One Web PubSub service instance, as given to `resilientPubSub` or to `endpoints.add`. It has
 * either a `connectionString`, or an `endpoint` and a `credential`.
 *
 * @example
 * ```ts
 * const westus: EndpointOptions = {
 *   name: "westus",
 *   role: "secondary",
 *   endpoint: "https://chat-westus.webpubsub.azure.com",
 *   credential: new DefaultAzureCredential(), // of @azure/identity
 *   accessKeys: [process.env.WPS_WEST_KEY!], // only to verify its upstream events
 * };
 * ```
 */
export interface EndpointOptions {
  /**
   * Unique name, used in reports, events and `?failed=`. Give an instance the same name on all app
   * servers.
   */
  name: string;
  /** What it is for this app server, such as `primary` if both are in the same region. */
  role: EndpointRole;
  /**
   * Share among equals, a number above 0: an endpoint of weight 3 gets three times the clients of
   * one of weight 1. Primaries default to 1; secondaries without one are used strictly in order.
   */
  weight?: number | undefined;
  /**
   * The most clients that this app server sends there, counted by their reviews: what the instance
   * has room for, divided by the number of app servers; a whole number up to a million. New clients
   * go to other endpoints with room, primaries first; where none has any, to those that they would
   * go to without a limit. Nobody is refused or moved for it.
   * @default no limit
   */
  maxClients?: number | undefined;
  /**
   * Connection string with access key, from the Azure portal:
   * `Endpoint=...;AccessKey=...;Version=1.0;`. Never repeated in an error or an event. As for the
   * other URLs, `http://` is for loopback hosts only, unless `service.allowInsecure` says otherwise.
   */
  connectionString?: string | undefined;
  /**
   * URL of the instance, without a path; needs `credential`, whose tokens go over `https://` only.
   */
  endpoint?: string | undefined;
  /**
   * Microsoft Entra credential, such as `new DefaultAzureCredential()`; needs `endpoint`. The
   * service issues the client tokens then, so a negotiate that names it costs a request.
   */
  credential?: TokenCredential | undefined;
  /**
   * Access keys that verify upstream signatures, besides that of the connection string. An endpoint
   * given by `credential` needs one where there is an `upstream` section, unless that says
   * otherwise by `authorize` or `verifySignature`.
   */
  accessKeys?: string[] | undefined;
  /**
   * Origin that clients are sent to in place of the instance's own, such as a front door;
   * `https://` or `wss://`.
   */
  clientEndpoint?: string | undefined;
  /** Origin that REST calls and health checks are sent to in place of the instance's own. */
  reverseProxyEndpoint?: string | undefined;
}

/** How an endpoint is added at run time. */
export interface AddOptions {
  /**
   * Adds it to broadcasts only, until `undrain`.
   * @default false
   */
  drained?: boolean | undefined;
}

/** How an endpoint is evacuated. */
export interface EvacuateOptions {
  /** The most clients to close in a second, above 0; below 1 is less than one a second. */
  connectionsPerSecond: number;
}

/** How an endpoint is removed at run time. */
export interface RemoveOptions {
  /**
   * For how many milliseconds broadcasts still reach its clients; 0 = not any more.
   * @default 10000
   */
  fanOutForInMs?: number | undefined;
}

/** Who a negotiating client is. */
export interface Identity {
  /**
   * The user that the service knows the connection by, as in `sendToUser`; 1 to 1024 characters and
   * not blanks alone. Only anonymous clients have none.
   */
  userId?: string | undefined;
  /**
   * What the client may do by itself, in the words of the service: `webpubsub.joinLeaveGroup` and
   * `webpubsub.sendToGroup` for all groups, `webpubsub.sendToGroup.news` for one.
   */
  roles?: string[] | undefined;
  /** Groups the connection joins when it connects, each of 1 to 1024 characters. */
  groups?: string[] | undefined;
}

/** An identity as `authenticate` may give it, or `null` for a client that may not connect. */
export type AuthenticateAnswer =
  | (Omit<Identity, "userId"> & {
      /** As in `Identity`; a finite number is taken as its text. */
      userId?: string | number | undefined;
    })
  | null;

/**
 * Tells who a negotiating client is: a plain object with a `userId`, and `roles` and `groups` if it
 * has any. `null` is answered 401, or gets an anonymous token with `allowAnonymous`, as does an
 * object without `userId` then. If it throws, rejects or answers anything else, such as `undefined`,
 * an object with any other key or one of a class, the client is answered 500, and a `handlerError`
 * event has the error. Only what is the object's own counts, not what it inherits.
 */
export type Authenticate = (req: Request) => AuthenticateAnswer | Promise<AuthenticateAnswer>;

/** The route where clients ask for the URL to connect to; they get a `NegotiateAnswer`. */
export interface NegotiateOptions {
  /**
   * Path of the route, GET (with HEAD) and POST, below the path that the plugin is mounted at. It is
   * matched as the app's own routes are: its `case sensitive routing` and `strict routing` count, and
   * nothing is decoded. It is no pattern and has no placeholders.
   * @default "/negotiate"
   */
  path?: string | undefined;
  /**
   * Tells who is asking. Required unless `allowAnonymous` is true.
   *
   * @example
   * ```ts
   * const negotiate: NegotiateOptions = {
   *   authenticate: async (req) => {
   *     const user = await userOfSession(req.headers.cookie); // yours
   *     if (!user) return null; // 401
   *     return { userId: user.id, roles: ["webpubsub.sendToGroup.lobby"], groups: ["lobby"] };
   *   },
   * };
   * ```
   */
  authenticate?: Authenticate | undefined;
  /**
   * Gives tokens to callers without an identity, or without a `userId` in it.
   * @default false
   */
  allowAnonymous?: boolean | undefined;
  /**
   * How long a client may take to connect with its token, a whole number of minutes from 1 to 1440.
   * @default 60
   */
  tokenLifetimeInMinutes?: number | undefined;
  /**
   * What is answered when no endpoint is healthy: 503, or the primary all the same.
   * @default "reject"
   */
  whenNoneHealthy?: "reject" | "primary" | undefined;
  /**
   * The most clients that are sent to one endpoint by this app server in any second, a number above
   * 0. One for whom there is no place is held for a moment, or gets 503 with a `Retry-After` of its
   * own, at that pace; it is not sent elsewhere. See docs/capacity.md. False: no limit.
   * @default false
   */
  maxPerSecond?: false | number | undefined;
  /**
   * How often each connected client asks at `{path}/place` whether it is to stay where it is, a whole
   * number of milliseconds from 100. False: there is no such route, and clients do not ask.
   * @default 20000
   */
  reviewAfterInMs?: false | number | undefined;
  /**
   * Signs what clients ask for reviews with: a text of 32 characters or more, the same on all app
   * servers; or several, of which the first signs and all are accepted, to change it without a gap.
   * Needed where no endpoint has an access key. Never repeated in an error or an event.
   * @default derived from the access keys of the endpoints
   */
  secret?: string | string[] | undefined;
  /**
   * How many clients all app servers have together, a whole number from 1 to 1,000,000,000, for as
   * long as no reviews have told: what they are advised about coming back after a loss depends on it.
   * @default clients are advised nothing until their reviews are counted
   */
  expectedClients?: number | undefined;
  /**
   * Whether a caller that asks by `?explain` may know why it is sent to its endpoint: the answer then
   * has an `explanation`, with names and states of all endpoints. A logger at `debug` is told the same
   * of each negotiate.
   * @default nobody
   */
  explain?: ((req: Request) => boolean | Promise<boolean>) | undefined;
}

/**
 * Chooses the endpoint of one negotiate; nothing = the default rule. The candidates are those that
 * it could be answered with, in the order of configuration: healthy or not looked at yet, not
 * drained, and not reported as `?failed=` if there are others. When it throws, names no candidate
 * or takes longer than `health.timeoutInMs`, the default rule decides and a `handlerError` event
 * tells. It is not asked while an endpoint is forced.
 */
export type Router = (
  req: Request,
  candidates: readonly EndpointSnapshot[],
) => RouterAnswer | Promise<RouterAnswer>;

/** An endpoint, its name, or nothing. */
export type RouterAnswer = EndpointSnapshot | string | null | undefined;

/**
 * How it is found out which endpoints work. A health check is one `HEAD /api/health` of the
 * service's REST API, which takes no credentials.
 *
 * @example
 * ```ts
 * const health: HealthOptions = {
 *   schedule: "0 * * * * *", // once a minute: with traffic, negotiates look for themselves
 *   fall: 3,
 * };
 * ```
 */
export interface HealthOptions {
  /**
   * Cron expression of the health job, seconds first, in UTC; false = checks on demand only. The
   * default is every 5 seconds. Each plugin runs it at a moment of its own until the next one is due,
   * at most 5 s later.
   * @default "*\/5 * * * * *"
   */
  schedule?: string | false | undefined;
  /**
   * Deadline of one health check, in milliseconds.
   * @default 2000
   */
  timeoutInMs?: number | undefined;
  /**
   * Failures in a row, 1 to 100, that take an endpoint out.
   * @default 2
   */
  fall?: number | undefined;
  /**
   * Successes in a row, 1 to 100, that bring it back.
   * @default 2
   */
  rise?: number | undefined;
  /**
   * Time between checks while an answer contradicts the state, in milliseconds.
   * @default 250
   */
  transitionIntervalInMs?: number | undefined;
  /**
   * A negotiate checks an endpoint whose last check is older, in milliseconds; 0 = every negotiate.
   * @default 1000
   */
  onDemandMaxAgeInMs?: number | undefined;
  /**
   * The longest a negotiate waits for such a check, in milliseconds; 0 = not at all.
   * @default 500
   */
  onDemandBudgetInMs?: number | undefined;
  /**
   * Whether the outcomes of real calls (operations, tokens) count as evidence: `fall` failures in a
   * row, or one 401 or 403, take an endpoint out, and each failure starts a health check at once.
   * @default true
   */
  passive?: boolean | undefined;
}

/** Deadlines of the operations of `PubSub` and `PubSubGroup`; each call may have its own. */
export interface FanOutOptions {
  /**
   * Deadline of every operation, however many endpoints and attempts it takes, in milliseconds.
   * @default 5000
   */
  timeoutInMs?: number | undefined;
  /**
   * Deadline for each endpoint, retries included, in milliseconds, if it is to be shorter.
   * @default timeoutInMs
   */
  endpointTimeoutInMs?: number | undefined;
}

/** How the service instances are called. */
export interface ServiceOptions {
  /**
   * Takes `http://` for hosts beyond loopback, of endpoints and of stores, such as the emulator and
   * Azurite in containers. Whoever is on the way can read and change all of it, tokens included.
   * Endpoints given by `credential` need `https://` all the same.
   * @default false
   */
  allowInsecure?: boolean | undefined;
  /**
   * The most sockets that calls open to one endpoint, 1 to 65535; health checks have a few of their
   * own. Calls beyond wait in order, within their deadline, and fail with `ERR_BUSY` when it passes,
   * or when 10,000 calls or 64 MiB of messages wait for the endpoint already.
   * @default 64
   */
  maxSocketsPerEndpoint?: number | undefined;
}

/** How clients return to their primary when it has recovered. New connections do so at once. */
export interface FailbackOptions {
  /**
   * How many milliseconds a recovered primary must stay up before anyone is moved back by force.
   * @default 60000
   */
  holdDownInMs?: number | undefined;
  /**
   * Whether clients on a secondary that are away from their primary are closed, so that they
   * negotiate again. False: they stay until they reconnect by themselves. For `client-server` only.
   * @default false
   */
  close?:
    | false
    | {
        /**
         * How many are closed a second, a number above 0. It is a bound for all app servers of the
         * region together, not a share of each, as long as their clocks agree to a fraction of a
         * second.
         */
        connectionsPerSecond: number;
      }
    | undefined;
}

/** How app servers agree on one endpoint; for the client-client topology only. */
export interface CoordinationOptions {
  /**
   * Where the servers meet: `azureBlobStore` or `redisStore`. The default is only right for an app
   * with a single server.
   * @default memoryStore()
   */
  store?: CoordinationStore | undefined;
  /**
   * How often each server looks at the store, in milliseconds, at least 50.
   * @default 1000
   */
  pollIntervalInMs?: number | undefined;
  /**
   * For how many milliseconds a server that has fallen silent still counts, and leads if it led; at
   * least 200, and four times `pollIntervalInMs`.
   * @default 10000
   */
  leaseInMs?: number | undefined;
  /**
   * Whether everybody returns to the endpoint that is the primary of most servers, when all of them
   * have seen it healthy for `failback.holdDownInMs`. False: they stay until `switchTo`.
   * @default false
   */
  failback?: boolean | undefined;
}

/**
 * Who talks to whom: `client-server`, where messages come from the app servers and clients may be
 * on different endpoints, or `client-client`, where clients also publish to each other through the
 * service and so must all be on the same one.
 */
export type Topology = "client-server" | "client-client";

/**
 * What the plugin is told. All options that are unknown or cannot be used are refused together.
 *
 * @example
 * ```ts
 * const options: ResilientPubSubOptions = {
 *   hub: "chat",
 *   endpoints: [
 *     { name: "eastus", role: "primary", connectionString: process.env.WPS_EAST! },
 *     { name: "westus", role: "secondary", connectionString: process.env.WPS_WEST! },
 *   ],
 *   negotiate: { authenticate: (req) => identityOf(req) }, // yours: { userId }, or null for 401
 *   failback: { close: { connectionsPerSecond: 50 } },
 * };
 * ```
 */
export interface ResilientPubSubOptions {
  /** Hub that this plugin serves, named by the service's rule: a letter, then up to 127 more. */
  hub: string;
  /** At least one primary; names and URLs differ. Secondaries serve in the order given. */
  endpoints: EndpointOptions[];
  /** Who may connect, and how they ask. Give `authenticate`, or say `allowAnonymous: true`. */
  negotiate: NegotiateOptions;
  /**
   * Who talks to whom.
   * @default "client-server"
   */
  topology?: Topology | undefined;
  /** How servers agree on one endpoint. For `client-client` only. */
  coordination?: CoordinationOptions | undefined;
  /** Chooses among the healthy endpoints in place of the default rule. For `client-server` only. */
  router?: Router | undefined;
  /** What becomes of the service's events. */
  upstream?: UpstreamOptions | undefined;
  /** How it is found out which endpoints work. */
  health?: HealthOptions | undefined;
  /** How the service instances are called. */
  service?: ServiceOptions | undefined;
  /** Deadlines of operations. */
  fanOut?: FanOutOptions | undefined;
  /** How clients return to a recovered primary. */
  failback?: FailbackOptions | undefined;
  /** Keeps what is sent, so that clients catch up with it; `true` is for an app with one server. */
  history?: true | HistoryOptions | undefined;
  /**
   * Where log lines go, one for each event but the frequent ones; those that come with the traffic are
   * told at once, and then once a minute with their number. Nothing secret is in them. False: nowhere.
   * @default stderr by `@azure/logger`: errors and warnings, or what `AZURE_LOG_LEVEL` says
   */
  logger?: Logger | false | undefined;
}
