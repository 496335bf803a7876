import type { Configuration } from "../options/parse-options.ts";
import { type ClientCounts, fullBy, type RegisteredEndpoint } from "./registered-endpoint.ts";
import type { EndpointRegistry } from "./registry.ts";
import { servingEndpoints } from "./serving-order.ts";

type WhenNoneHealthy = Configuration["negotiate"]["whenNoneHealthy"];

/** As much of the context of a plugin as tells who serves. */
export interface ServingContext {
  readonly configuration: { readonly negotiate: { readonly whenNoneHealthy: WhenNoneHealthy } };
  readonly registry: EndpointRegistry;
  readonly census?: ClientCounts | undefined;
  /** Where servers agree on an endpoint: which one that is. */
  readonly agreed?: { readonly active: RegisteredEndpoint | undefined } | undefined;
}

/** Among whom negotiate chooses now, by the default rule or the agreement; none: it answers 503. */
export function servingNow({
  agreed,
  census,
  configuration,
  registry,
}: ServingContext): readonly RegisteredEndpoint[] {
  const { whenNoneHealthy } = configuration.negotiate;
  if (agreed) {
    const { active } = agreed;
    const isHopeless = !registry.all().some((endpoint) => registry.isAnswering(endpoint));
    return active === undefined || (isHopeless && whenNoneHealthy === "reject") ? [] : [active];
  }
  const usable = registry.all().filter(({ isUsable }) => isUsable);
  return usable.length > 0
    ? servingEndpoints(usable, fullBy(census))
    : lastResort(registry, whenNoneHealthy);
}

/**
 * Among whom it chooses when nobody is usable: those that answer their health checks, which is better
 * than nothing; else the primaries, if the application wants that.
 *
 * @param isWanted Default: all of them.
 */
export function lastResort(
  registry: EndpointRegistry,
  whenNoneHealthy: WhenNoneHealthy,
  isWanted: (endpoint: RegisteredEndpoint) => boolean = () => true,
): readonly RegisteredEndpoint[] {
  const isPossible = (one: RegisteredEndpoint): boolean => one.isInRotation && isWanted(one);
  const answering = registry.ejectedOrRecovering().filter(isPossible);
  if (answering.length > 0) return servingEndpoints(answering);
  if (whenNoneHealthy === "reject") return [];
  return registry.all().filter((one) => one.role === "primary" && isPossible(one));
}
