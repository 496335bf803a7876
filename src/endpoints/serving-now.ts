import type { RegisteredEndpoint } from "./registered-endpoint.ts";
import type { EndpointRegistry } from "./registry.ts";
import { servingEndpoints } from "./serving-order.ts";

type WhenNoneHealthy = "reject" | "primary";

/** Among whom negotiate chooses now, by the default rule. */
export function servingNow(
  registry: EndpointRegistry,
  whenNoneHealthy: WhenNoneHealthy,
): readonly RegisteredEndpoint[] {
  const usable = registry.all().filter(({ isUsable }) => isUsable);
  return usable.length > 0 ? servingEndpoints(usable) : lastResort(registry, whenNoneHealthy);
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
