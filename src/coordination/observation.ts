import type { Observation, SeenEndpoint, SeenState } from "../contract/coordination.ts";
import type { EndpointRole } from "../contract/endpoint.ts";
import { isSameOrigin } from "../kit/loopback.ts";

interface Observable {
  readonly name: string;
  readonly role: EndpointRole;
  readonly state: "healthy" | "unhealthy" | "unknown";
  readonly isUsable: boolean;
  readonly endpoint: { readonly config: { readonly url: string } };
}

/** Primaries first, else in the order of configuration. */
export function observe(endpoints: readonly Observable[]): Observation {
  const primaries = endpoints.filter(({ role }) => role === "primary");
  const secondaries = endpoints.filter(({ role }) => role === "secondary");
  return [...primaries, ...secondaries].map((seen) => ({
    name: seen.name,
    url: seen.endpoint.config.url,
    role: seen.role,
    state: stateOf(seen),
  }));
}

function stateOf({ state, isUsable }: Observable): SeenState {
  return state === "healthy" && !isUsable ? "drained" : state;
}

export interface EndpointIdentity {
  readonly name: string;
  readonly url: string;
}

/** What this observation says of that very endpoint; undefined when its server does not know it. */
export function seenIn(
  observation: Observation,
  { name, url }: EndpointIdentity,
): SeenEndpoint | undefined {
  return observation.find((seen) => seen.name === name && isSameOrigin(seen.url, url));
}
