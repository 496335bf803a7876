import type { Request } from "express";
import { waitAtMost } from "../deadline.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { TypedEvents } from "../events.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import type { Configuration } from "../options.ts";
import { askRouter } from "../routing/custom-router.ts";
import { pickByWeight, servingEndpoints } from "../routing/serving.ts";

export interface SelectorParts {
  readonly configuration: Configuration;
  readonly registry: EndpointRegistry;
  readonly monitor: HealthMonitor;
  readonly events: TypedEvents;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/**
 * Chooses the endpoint of one negotiate. A choice whose last health check is too old, or in doubt,
 * is checked first, and the choice made again if it fails; all that within one budget, so that no
 * client waits for a dead endpoint.
 *
 * @param avoided Endpoints that are chosen only when there is no other.
 */
export async function selectEndpoint(
  parts: SelectorParts,
  req: Request,
  avoided: ReadonlySet<RegisteredEndpoint>,
): Promise<RegisteredEndpoint | undefined> {
  const { configuration, registry, monitor } = parts;
  const giveUpAt = performance.now() + configuration.health.onDemandBudgetInMs;
  const checked = new Set<RegisteredEndpoint>();
  findWayHome(parts);
  for (;;) {
    const candidates = registry
      .all()
      .filter((endpoint) => endpoint.isUsable || (isNew(endpoint) && !checked.has(endpoint)));
    const choice = await choose(parts, req, candidates, avoided);
    if (choice === undefined) return whenNoneHealthy(parts);
    if (checked.has(choice) || !monitor.needsCheck(choice)) return choice;
    const budgetInMs = giveUpAt - performance.now();
    if (budgetInMs > 0) await waitAtMost(budgetInMs, monitor.check(choice));
    if (choice.isUsable) return choice;
    checked.add(choice);
  }
}

/** Under traffic, a primary that is down is checked often, though nobody waits for the answer. */
function findWayHome({ registry, monitor }: SelectorParts): void {
  for (const endpoint of registry.all()) {
    const isLostPrimary = endpoint.role === "primary" && endpoint.health.status === "unhealthy";
    if (isLostPrimary && monitor.needsCheck(endpoint)) void monitor.check(endpoint);
  }
}

async function choose(
  { configuration, events, random }: SelectorParts,
  req: Request,
  candidates: readonly RegisteredEndpoint[],
  avoided: ReadonlySet<RegisteredEndpoint>,
): Promise<RegisteredEndpoint | undefined> {
  const preferred = candidates.filter((endpoint) => !avoided.has(endpoint));
  const eligible = preferred.length > 0 ? preferred : candidates;
  if (eligible.length === 0) return undefined;
  const { router } = configuration;
  const routed = router && (await askRouter(router, req, eligible, events));
  return routed ?? pickByWeight(servingEndpoints(eligible), random());
}

function whenNoneHealthy({ configuration, registry, random }: SelectorParts) {
  if (configuration.negotiate.whenNoneHealthy === "reject") return undefined;
  const primaries = registry.all().filter(({ role, drained }) => role === "primary" && !drained);
  return pickByWeight(primaries, random());
}

function isNew({ health, drained }: RegisteredEndpoint): boolean {
  return health.status === "unknown" && !drained;
}
