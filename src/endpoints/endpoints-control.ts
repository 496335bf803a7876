import type { EndpointSnapshot } from "../contract/endpoint.ts";
import type { EndpointsControl } from "../contract/endpoints-control.ts";
import type { AddOptions, EndpointOptions, RemoveOptions } from "../contract/options.ts";
import { InvalidOptionsError, ResilientPubSubError } from "../kit/errors.ts";
import {
  type Configuration,
  parseAddOptions,
  parseEndpoint,
  parseRemoveOptions,
} from "../options/parse-options.ts";
import { clientOriginOf } from "../service/client-origin.ts";
import { createEndpoint } from "../service/endpoint.ts";
import type { ClientCounts, RegisteredEndpoint } from "./registered-endpoint.ts";
import type { EndpointRegistry } from "./registry.ts";
import { servingNow } from "./serving-now.ts";

/** The endpoints at run time, and the removals that `close` ends. */
export interface OwnedEndpointsControl {
  readonly control: Omit<EndpointsControl, "evacuate">;
  close(): void;
}

interface ControlContext {
  readonly configuration: Pick<Configuration, "hub" | "negotiate" | "service">;
  readonly registry: EndpointRegistry;
  readonly census?: ClientCounts | undefined;
  readonly monitor: {
    check(endpoint: RegisteredEndpoint): Promise<void>;
    unwatch(endpoint: RegisteredEndpoint): void;
  };
  /** Where servers agree on an endpoint: which one that is. */
  readonly agreed?: { readonly active: RegisteredEndpoint | undefined } | undefined;
}

export function endpointsControl({
  configuration,
  registry,
  census,
  monitor,
  agreed,
}: ControlContext): OwnedEndpointsControl {
  /** When each endpoint that is leaving will be gone. */
  const departures = new Map<RegisteredEndpoint, NodeJS.Timeout>();

  function release(endpoint: RegisteredEndpoint): void {
    clearTimeout(departures.get(endpoint));
    departures.delete(endpoint);
    registry.release(endpoint);
    monitor.unwatch(endpoint);
    void endpoint.endpoint.close();
  }

  function add(options: EndpointOptions, addOptions?: AddOptions): void {
    const { drained } = parseAddOptions(addOptions);
    const endpoint = createEndpoint(
      parseEndpoint(options, configuration.service),
      configuration.hub,
      configuration.service.maxSocketsPerEndpoint,
    );
    for (const replaced of registry.replacedBy(endpoint)) release(replaced);
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
    if (fanOutForInMs === 0) {
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

  function snapshot(): EndpointSnapshot[] {
    const serving = servingNow({ agreed, census, configuration, registry });
    return registry.all().map((one) => one.snapshot(serving.includes(one), census));
  }

  return {
    control: {
      snapshot,
      clientOrigins: () => [
        ...new Set(registry.all().map(({ endpoint }) => clientOriginOf(endpoint.config))),
      ],
      drain: (name) => registry.drain(name),
      undrain: (name) => registry.undrain(name),
      forceFailover,
      clearForce: () => registry.clearForce(),
      add,
      remove,
    },
    close: () => {
      for (const timer of departures.values()) clearTimeout(timer);
      departures.clear();
    },
  };
}
