import type { EndpointSnapshot } from "./endpoint.ts";
import type { AddOptions, EndpointOptions, EvacuateOptions, RemoveOptions } from "./options.ts";

/** An endpoint whose clients are being closed. */
export interface Evacuation {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /**
   * How many clients this server counted on it when it was given the pace, by their reviews. Undefined
   * where there are none, or before the first `negotiate.reviewAfterInMs` is over.
   */
  readonly clients: number | undefined;
  /**
   * How long it takes to move these at the pace, in milliseconds. Several servers keep one pace, and
   * each counts those that ask it: what they expect adds up.
   */
  readonly expectedInMs: number | undefined;
  /**
   * Resolves when nobody is left on the endpoint for the first time, or the evacuation has ended
   * before that. Never rejects.
   */
  readonly done: Promise<EvacuationResult>;
  /**
   * Closes nobody any more. The endpoint stays drained, until `undrain`. Does nothing when it has
   * ended.
   */
  stop(): void;
}

/** How an evacuation went. */
export interface EvacuationResult {
  /** Whether nobody was left; false when it was stopped before. */
  readonly isEmpty: boolean;
  /** How many clients this server has closed. */
  readonly closed: number;
}

/**
 * The endpoints at run time. Every order is for this app server; with several, give it to each. From
 * the moment at which `close` is called orders are refused with `ERR_CLOSED`, and `snapshot` and `clientOrigins` answer.
 */
export interface EndpointsControl {
  /**
   * The state of every endpoint, in the order of configuration; those that are leaving included.
   */
  snapshot(): EndpointSnapshot[];
  /**
   * The origins that pages open WebSockets to, such as `wss://chat-eastus.webpubsub.azure.com`, for
   * `connect-src` of their Content Security Policy: one of each endpoint, in the order of configuration,
   * whatever its state. A page keeps the policy that it was loaded with, so endpoints that are added later
   * are out of its reach.
   *
   * @example
   * ```ts
   * const connectSrc = ["'self'", ...pubsub.endpoints.clientOrigins()]; // for helmet
   * ```
   */
  clientOrigins(): string[];
  /**
   * Takes an endpoint out of negotiate without a fault: new clients go elsewhere, those that it has
   * stay and still get broadcasts. It wins over `forceFailover`.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_CLOSED`
   *
   * @example
   * ```ts
   * pubsub.endpoints.drain("eastus"); // before maintenance
   * pubsub.endpoints.undrain("eastus"); // and after it
   * ```
   */
  drain(name: string): void;
  /**
   * Drains an endpoint and closes its clients at a pace, whoever sent them there; they negotiate
   * again and go elsewhere. The reason that they are given is `moved: ` and the name of an endpoint
   * that serves instead (`MOVE_REASON_PREFIX`). Nobody is closed while no other endpoint can take
   * clients. Whoever comes later, with a token from before, is closed as well, until `stop`,
   * `undrain` or `remove` ends it. An evacuation that is under way gets the new pace. With several
   * app servers, give the order to each, the drained endpoint would else be given to clients by the
   * others; together they keep the pace of one, as with `failback.close`.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_NO_HEALTHY_ENDPOINT` when no other
   *   endpoint could take the clients, and then nothing has changed; `ERR_WRONG_TOPOLOGY` where
   *   servers agree on an endpoint: use `coordination.switchTo`; `ERR_CLOSED`
   * @throws InvalidOptionsError
   *
   * @example
   * ```ts
   * const evacuation = pubsub.endpoints.evacuate("eastus", { connectionsPerSecond: 50 });
   * console.log(`${evacuation.clients} clients, in ${evacuation.expectedInMs} ms`);
   * const { closed } = await evacuation.done; // now the maintenance may begin
   * pubsub.endpoints.undrain("eastus"); // and after it
   * ```
   */
  evacuate(name: string, options: EvacuateOptions): Evacuation;
  /**
   * Gives a drained endpoint back to negotiate, and ends its evacuation.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_CLOSED`
   */
  undrain(name: string): void;
  /**
   * Prefers one endpoint over all others, whatever its role and the `router`. While it is not
   * usable (down, drained, or said to have failed by the client that asks) the normal rule decides,
   * so that the order costs no client its connection; it is preferred again as soon as it is
   * usable. It takes the place of the endpoint that was forced before, and lasts until
   * `clearForce`, or until the endpoint is removed. Clients that are connected elsewhere stay
   * there.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_WRONG_TOPOLOGY` where servers agree
   *   on an endpoint: use `coordination.switchTo`; `ERR_CLOSED`
   *
   * @example
   * ```ts
   * pubsub.endpoints.forceFailover("westus"); // new clients go there
   * pubsub.endpoints.clearForce(); // and to their primary again
   * ```
   */
  forceFailover(name: string): void;
  /**
   * Leaves the choice to the normal rule again; does nothing when no endpoint is forced.
   *
   * @throws ResilientPubSubError `ERR_CLOSED`
   */
  clearForce(): void;
  /**
   * Adds an endpoint: to broadcasts first, then to negotiate. Nothing is sent to it and nobody is
   * sent there before its first health check has succeeded (`joining` in the snapshot). With
   * several app servers, add it with `drained: true` to each, and then `undrain` it on each: so
   * every server broadcasts to it before any client is there.
   *
   * @throws InvalidOptionsError also when an endpoint has its name or URL; one that is being
   *   removed does not count, and is gone at once
   * @throws ResilientPubSubError `ERR_CLOSED`
   */
  add(endpoint: EndpointOptions, options?: AddOptions): void;
  /**
   * Removes an endpoint: from negotiate at once, from broadcasts after `fanOutForInMs`, when those
   * who have just been sent there are connected (until then `leaving` in the snapshot). Clients
   * that stay connected are not reached from then on, and their events are refused.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_CLOSED`
   * @throws InvalidOptionsError when it is the last endpoint, or the one that servers have agreed
   *   on
   */
  remove(name: string, options?: RemoveOptions): void;
}
