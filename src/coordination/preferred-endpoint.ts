import type { Observation } from "../contract/coordination.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";
import { countVotes, isMajority } from "./votes.ts";

/** The endpoint that is the primary of most servers, and since when all of them find it usable. */
export interface PreferredEndpoint {
  readonly endpoint: EndpointIdentity;
  /** Monotonic milliseconds. */
  readonly usableSince: number;
}

/**
 * The preferred endpoint after another look at what the servers see. Undefined when they do not
 * prefer one, or when not all see it healthy; then its time begins anew.
 *
 * @param voters The own observation first.
 */
export function preferredEndpoint(
  before: PreferredEndpoint | undefined,
  voters: readonly Observation[],
  now: number,
): PreferredEndpoint | undefined {
  const preferred = voters[0]?.find((endpoint) => {
    const primaries = voters.filter((voter) => seenIn(voter, endpoint)?.role === "primary");
    return isMajority(primaries.length, voters);
  });
  if (!preferred) return undefined;
  if (countVotes(voters, preferred, "healthy") < voters.length) return undefined;
  const { name, url } = preferred;
  const isUnchanged = before?.endpoint.name === name && before.endpoint.url === url;
  return isUnchanged ? before : { endpoint: { name, url }, usableSince: now };
}

/** Where clients may be called back to: the preferred endpoint, once it has been usable for the hold-down. */
export function pastHoldDown(
  preferred: PreferredEndpoint | undefined,
  holdDownInMs: number,
  now: number,
): EndpointIdentity | undefined {
  const isPast = preferred !== undefined && now - preferred.usableSince >= holdDownInMs;
  return isPast ? preferred.endpoint : undefined;
}
