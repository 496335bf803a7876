import type { Observation } from "../contract/coordination.ts";
import { seenIn } from "./observation.ts";

/** A server that knows other endpoints than this one; nobody is moved to those that some do not know. */
export interface EndpointsDifference {
  /** Id of the other server. */
  readonly server: string;
  /** Endpoints of this server that the other does not know, or knows at another URL. */
  readonly missing: readonly string[];
  /** Endpoints of the other that this server does not know, or knows at another URL. */
  readonly unknown: readonly string[];
}

export function endpointsDifferences(
  own: Observation,
  peers: ReadonlyMap<string, Observation>,
): EndpointsDifference[] {
  return [...peers]
    .map(([server, observation]) => ({
      server,
      missing: namesNotIn(observation, own),
      unknown: namesNotIn(own, observation),
    }))
    .filter(({ missing, unknown }) => missing.length + unknown.length > 0);
}

function namesNotIn(observation: Observation, endpoints: Observation): string[] {
  return endpoints
    .filter((endpoint) => seenIn(observation, endpoint) === undefined)
    .map(({ name }) => name);
}
