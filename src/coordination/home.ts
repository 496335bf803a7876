import type { Observation } from "../contract/coordination.ts";
import { isMajority } from "./decision.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";

/** The endpoint where the clients belong, and since when every server has seen it well. */
export interface SteadyHome {
  readonly endpoint: EndpointIdentity;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/**
 * The home after another look at what the servers see: the endpoint that is the primary of most of
 * them. Undefined when they do not agree on one, or when not all see it up; then its time begins anew.
 *
 * @param voters The own observation first.
 */
export function watchHome(
  before: SteadyHome | undefined,
  voters: readonly Observation[],
  now: number,
): SteadyHome | undefined {
  const home = voters[0]?.find((endpoint) => {
    const homes = voters.filter((voter) => seenIn(voter, endpoint)?.role === "primary");
    return isMajority(homes.length, voters);
  });
  if (!home || !voters.every((voter) => seenIn(voter, home)?.state === "up")) return undefined;
  const { name, url } = home;
  const isSame = before?.endpoint.name === name && before.endpoint.url === url;
  return isSame ? before : { endpoint: { name, url }, since: now };
}
