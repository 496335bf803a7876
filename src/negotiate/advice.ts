import type { PluginContext } from "../context/plugin-context.ts";
import type { NegotiateAnswer } from "../contract/negotiate-answer.ts";
import type { Claims } from "../grants/claims.ts";
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
 * @param expiresAt When its token expires, seconds since the epoch.
 * @param claims What it may ask of the history.
 */
export function adviceFor(
  { configuration }: PluginContext,
  { grants, spread }: Advisers,
  expiresAt: number,
  claims?: Claims,
): Pick<NegotiateAnswer, "reviewAfterInMs" | "grant" | "reconnect"> {
  const { reviewAfterInMs } = configuration.negotiate;
  const spreadInMs = spread.onArrivalInMs;
  const isReviewed = reviewAfterInMs !== false;
  return {
    reviewAfterInMs: isReviewed ? reviewAfterInMs : undefined,
    grant: isReviewed || claims ? grants.issue(expiresAt, claims) : undefined,
    reconnect: spreadInMs === undefined ? undefined : { spreadInMs },
  };
}
