import type { AddOptions, EndpointOptions, RemoveOptions } from "../contract/options.ts";
import { InvalidOptionsError, ResilientPubSubError } from "../kit/errors.ts";
import { parseAddOptions, parseEndpoint, parseRemoveOptions } from "../options/parse-options.ts";
import { createEndpoint } from "../service/endpoint.ts";
import type { EndpointSnapshot, RegisteredEndpoint } from "./registered-endpoint.ts";
import type { EndpointRegistry } from "./registry.ts";

/** The endpoints at run time. Every order is for this app server; with several, give it to each. */
export interface EndpointsControl {
  /** The state of every endpoint, in the order of configuration. */
  snapshot(): EndpointSnapshot[];
  /**
   * Takes an endpoint out of negotiate without a fault; broadcasts still reach its clients. It wins
   * over `forceFailover`.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`
   */
  drain(name: string): void;
  /** @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT` */
  undrain(name: string): void;
  /**
   * Prefers one endpoint over all others, whatever its role and the `router`. While it is not usable
   * (down, drained, or said to have failed by the client that asks) the normal rule decides, so that
   * the order costs no client its connection; it is preferred again as soon as it is usable. It
   * takes the place of the endpoint that was forced before, and lasts until `clearForce`, or until
   * the endpoint is removed.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_WRONG_TOPOLOGY` where servers agree on
   *   an endpoint: use `coordination.switchTo`
   */
  forceFailover(name: string): void;
  /** Leaves the choice to the normal rule again. */
  clearForce(): void;
  /**
   * Adds an endpoint: to broadcasts first, then to negotiate. Nothing is sent to it and nobody is
   * sent there before its first health check has succeeded (`joining` in the snapshot). With several
   * app servers, add it with `drained: true` to each, and then `undrain` it on each: so every server
   * broadcasts to it before any client is there.
   *
   * @throws InvalidOptionsError also when an endpoint has its name or URL; one that is being removed
   *   does not count, and is gone at once
   */
  add(endpoint: EndpointOptions, options?: AddOptions): void;
  /**
   * Removes an endpoint: from negotiate at once, from broadcasts after `fanOutForInMs`, when those
   * who have just been sent there are connected (until then `leaving` in the snapshot). Clients that
   * stay connected are not reached from then on, and their events are refused.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`
   * @throws InvalidOptionsError when it is the last endpoint, or the one that servers have agreed on
   */
  remove(name: string, options?: RemoveOptions): void;
}

/** The endpoints at run time, and the removals that `close` ends. */
export interface OwnedEndpointsControl {
  readonly control: EndpointsControl;
  close(): void;
}

interface ControlParts {
  readonly configuration: { readonly hub: string };
  readonly registry: EndpointRegistry;
  readonly monitor: {
    check(endpoint: RegisteredEndpoint): Promise<void>;
    forget(endpoint: RegisteredEndpoint): void;
  };
  /** Where servers agree on an endpoint: which one that is. */
  readonly agreed?: { readonly active: RegisteredEndpoint | undefined } | undefined;
}

export function endpointsControl({
  configuration,
  registry,
  monitor,
  agreed,
}: ControlParts): OwnedEndpointsControl {
  /** When each endpoint that is leaving will be gone. */
  const departures = new Map<RegisteredEndpoint, NodeJS.Timeout>();
  let isClosed = false;

  function release(endpoint: RegisteredEndpoint): void {
    clearTimeout(departures.get(endpoint));
    departures.delete(endpoint);
    registry.release(endpoint);
    monitor.forget(endpoint);
    void endpoint.endpoint.close();
  }

  function add(options: EndpointOptions, addOptions?: AddOptions): void {
    const { drained } = parseAddOptions(addOptions);
    const endpoint = createEndpoint(parseEndpoint(options), configuration.hub);
    for (const displaced of registry.displacedBy(endpoint)) release(displaced);
    const added = registry.add(endpoint);
    if (drained) registry.drain(added.name);
    void monitor.check(added);
  }

  function remove(name: string, removeOptions?: RemoveOptions): void {
    const { fanOutForInMs } = parseRemoveOptions(removeOptions);
    if (agreed?.active?.name === name) {
      const message =
        "is the one that all servers have agreed on; coordination.switchTo another first";
      throw new InvalidOptionsError([{ path: `endpoint "${name}"`, message }]);
    }
    const removed = registry.remove(name);
    if (fanOutForInMs === 0 || isClosed) {
      release(removed);
      return;
    }
    departures.set(removed, setTimeout(() => release(removed), fanOutForInMs).unref());
  }

  function forceFailover(name: string): void {
    if (agreed) {
      const message =
        'One server cannot prefer an endpoint with topology: "client-client"; use coordination.switchTo';
      throw new ResilientPubSubError("ERR_WRONG_TOPOLOGY", message);
    }
    registry.force(name);
  }

  return {
    control: {
      snapshot: () => registry.all().map((endpoint) => endpoint.snapshot()),
      drain: (name) => registry.drain(name),
      undrain: (name) => registry.undrain(name),
      forceFailover,
      clearForce: () => registry.clearForce(),
      add,
      remove,
    },
    close: () => {
      isClosed = true;
      for (const timer of departures.values()) clearTimeout(timer);
      departures.clear();
    },
  };
}
