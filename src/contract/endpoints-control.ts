import type { EndpointSnapshot } from "./endpoint.ts";
import type { AddOptions, EndpointOptions, RemoveOptions } from "./options.ts";

/** The endpoints at run time. Every order is for this app server; with several, give it to each. */
export interface EndpointsControl {
  /**
   * The state of every endpoint, in the order of configuration; those that are leaving included.
   */
  snapshot(): EndpointSnapshot[];
  /**
   * Takes an endpoint out of negotiate without a fault: new clients go elsewhere, those that it has
   * stay and still get broadcasts. It wins over `forceFailover`.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`
   *
   * @example
   * ```ts
   * pubsub.endpoints.drain("eastus"); // before maintenance
   * pubsub.endpoints.undrain("eastus"); // and after it
   * ```
   */
  drain(name: string): void;
  /**
   * Gives a drained endpoint back to negotiate.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`
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
   *   on an endpoint: use `coordination.switchTo`
   *
   * @example
   * ```ts
   * pubsub.endpoints.forceFailover("westus"); // new clients go there
   * pubsub.endpoints.clearForce(); // and to their primary again
   * ```
   */
  forceFailover(name: string): void;
  /** Leaves the choice to the normal rule again; does nothing when no endpoint is forced. */
  clearForce(): void;
  /**
   * Adds an endpoint: to broadcasts first, then to negotiate. Nothing is sent to it and nobody is
   * sent there before its first health check has succeeded (`joining` in the snapshot). With
   * several app servers, add it with `drained: true` to each, and then `undrain` it on each: so
   * every server broadcasts to it before any client is there.
   *
   * @throws InvalidOptionsError also when an endpoint has its name or URL; one that is being
   *   removed does not count, and is gone at once
   */
  add(endpoint: EndpointOptions, options?: AddOptions): void;
  /**
   * Removes an endpoint: from negotiate at once, from broadcasts after `fanOutForInMs`, when those
   * who have just been sent there are connected (until then `leaving` in the snapshot). Clients
   * that stay connected are not reached from then on, and their events are refused.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`
   * @throws InvalidOptionsError when it is the last endpoint, or the one that servers have agreed
   *   on
   */
  remove(name: string, options?: RemoveOptions): void;
}
