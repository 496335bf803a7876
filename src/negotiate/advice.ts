import type { PluginContext } from "../context/plugin-context.ts";
import type { NegotiateAnswer } from "../contract/negotiate-answer.ts";
import type { Grant } from "../grants/grant.ts";
import type { Grants } from "../grants/grants.ts";
import type { ReconnectSpread } from "./reconnect-spread.ts";

/** Who knows what clients are told besides where to connect. */
export interface Advisers {
  readonly grants: Grants;
  readonly spread: ReconnectSpread;
}

/**
 * What a client is told for the time after it has connected.
 *
 * @param grant As good for as long as its token.
 */
export function adviceFor(
  { configuration }: PluginContext,
  { grants, spread }: Advisers,
  grant: Grant,
): Pick<NegotiateAnswer, "reviewAfterInMs" | "grant" | "reconnect"> {
  const { reviewAfterInMs } = configuration.negotiate;
  const spreadInMs = spread.onArrivalInMs;
  const isReviewed = reviewAfterInMs !== false;
  return {
    reviewAfterInMs: isReviewed ? reviewAfterInMs : undefined,
    grant: isReviewed || grant.claims ? grants.issue(grant) : undefined,
    reconnect: spreadInMs === undefined ? undefined : { spreadInMs },
  };
}
