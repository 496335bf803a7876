import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { Grant } from "../grants/grant.ts";
import {
  type ClientLocation,
  type EndpointSituation,
  type MoveReason,
  reasonToFollow,
  reasonToLeave,
} from "./review.ts";

/** What comes of a review: the client leaves, or negotiates for another grant and stays; undefined: it stays. */
export type ReviewOutcome =
  | { readonly move: true; readonly reason: MoveReason }
  | { readonly move: false; readonly renew: true }
  | undefined;

/** What is asked of a client that has no good grant. */
export const RENEW = { move: false, renew: true } as const;

/**
 * Whether a connected client is to stay, by whichever route it asks. It is asked all the time, so it
 * answers from memory, and counts the client.
 *
 * @param location Where it says that it is; undefined where that cannot be made out.
 */
export function review(
  context: PluginContext,
  grant: Grant,
  location: ClientLocation | undefined,
): ReviewOutcome {
  const endpoint = location && context.registry.find(location.endpoint);
  if (endpoint) context.census?.count(endpoint, grant.client);
  const reason = location && reasonToMove(context, location, endpoint);
  const outcome = reason ? ({ move: true, reason } as const) : renewal(context, grant);
  if (context.events.wants("reviewed")) {
    const told = reason ? "move" : outcome ? "renew" : "stay";
    context.events.emit("reviewed", { endpoint: endpoint?.name, outcome: told, reason });
  }
  return outcome;
}

/** Only where its grant ends before it asks again. */
function renewal(context: PluginContext, grant: Grant): ReviewOutcome {
  return endsBeforeNext(context, grant) ? RENEW : undefined;
}

function endsBeforeNext({ configuration }: PluginContext, { expiresAt }: Grant): boolean {
  const { reviewAfterInMs } = configuration.negotiate;
  return reviewAfterInMs !== false && expiresAt * 1000 - Date.now() <= reviewAfterInMs;
}

function reasonToMove(
  context: PluginContext,
  location: ClientLocation,
  endpoint: RegisteredEndpoint | undefined,
): MoveReason | undefined {
  const { agreed } = context;
  if (agreed) {
    const { epoch, incarnation } = agreed.agreement ?? {};
    const { isStoreLost } = agreed;
    const active = agreed.active?.name;
    return reasonToFollow(location, { active, epoch, incarnation, isStoreLost });
  }
  const reason = reasonToLeave(situationOf(context, location, endpoint));
  // Those who are closed and those who ask leave at one pace.
  const pace = reason === "evacuated" ? endpoint?.evacuation : undefined;
  return pace === undefined || pace.admit() ? reason : undefined;
}

function situationOf(
  { registry }: PluginContext,
  location: ClientLocation,
  endpoint: RegisteredEndpoint | undefined,
): EndpointSituation | undefined {
  const isRemoved = registry.hasRemoved(location.endpoint);
  if (endpoint === undefined && !isRemoved) return undefined;
  return {
    state: endpoint?.state ?? "unknown",
    isEvacuated: isRemoved || endpoint?.evacuation !== undefined,
    isOtherUsable: registry.all().some((other) => other !== endpoint && other.isUsable),
  };
}
