import type { PluginContext } from "../../src/context/plugin-context.ts";
import { Census } from "../../src/endpoints/census.ts";
import { ConnectionLocations } from "../../src/endpoints/connection-locations.ts";
import { DisplacedClients } from "../../src/endpoints/displaced-clients.ts";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import type { Probes } from "../../src/health/endpoint-watch.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { OnceWarnings } from "../../src/kit/warn-once.ts";
import type { Configuration } from "../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../src/service/endpoint.ts";

interface GivenParts {
  /** Default: those of the configuration. */
  readonly endpoints?: readonly Endpoint[];
  readonly events?: TypedEvents;
  readonly monitor?: HealthMonitor;
  /** Default: checks that are never answered. */
  readonly probes?: Probes;
  /** Default: always 0. */
  readonly random?: () => number;
}

const never = () => new Promise<never>(() => {});
const unanswered: Probes = { health: never, canary: never };

/** The parts of a plugin without its middleware. No health check is made until a test asks for it. */
export function assemble(
  configuration: Configuration,
  given: GivenParts = {},
): PluginContext & { readonly events: TypedEvents } {
  const { health, hub, negotiate } = configuration;
  const { reviewAfterInMs } = negotiate;
  const { events = new TypedEvents(), probes = unanswered, random = () => 0 } = given;
  const endpoints =
    given.endpoints ?? configuration.endpoints.map((endpoint) => createEndpoint(endpoint, hub));
  const registry = new EndpointRegistry(endpoints, health, events);
  const monitor = given.monitor ?? new HealthMonitor(registry, health, probes);
  return {
    configuration,
    registry,
    monitor,
    events,
    locations: new ConnectionLocations(),
    displaced: new DisplacedClients(),
    census: reviewAfterInMs === false ? undefined : new Census(reviewAfterInMs),
    warnings: new OnceWarnings(),
    random,
  };
}
