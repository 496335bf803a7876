import type { Observation, SeenEndpoint, SeenState } from "../contract/coordination.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";

/** A strict one: half is not enough. */
export function isMajority(count: number, of: readonly unknown[]): boolean {
  return count * 2 > of.length;
}

/** How many of them see an endpoint so. */
export function countVotes(
  voters: readonly Observation[],
  endpoint: EndpointIdentity,
  state: SeenState,
): number {
  return voters.filter((voter) => seenIn(voter, endpoint)?.state === state).length;
}

/** Healthy for most, known to all; and of several the one that is healthy for most, then in this server's order. */
export function bestCandidate(
  own: Observation,
  voters: readonly Observation[],
): SeenEndpoint | undefined {
  const countHealthy = (endpoint: SeenEndpoint) => countVotes(voters, endpoint, "healthy");
  const candidates = own.filter(
    (endpoint) =>
      isMajority(countHealthy(endpoint), voters) &&
      voters.every((voter) => seenIn(voter, endpoint)),
  );
  return candidates.reduce<SeenEndpoint | undefined>(
    (best, one) => (best === undefined || countHealthy(one) > countHealthy(best) ? one : best),
    undefined,
  );
}
