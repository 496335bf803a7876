import type { EnvironmentView, ServerView } from "../../contract/live.ts";
import { countText } from "../kit/text-format.ts";
import type { ClientLocations } from "../live/client-locations.ts";

/** What one region's app server and clients are in the middle of. */
type Phase =
  | { readonly kind: "before" }
  | { readonly kind: "during"; readonly moved: number; readonly clients: number }
  | { readonly kind: "after" }
  | { readonly kind: "recovered"; readonly away: number };

/**
 * What the map shows at this moment. Figures 1 to 3 are those of Microsoft's guidance; what lies
 * between them has none there.
 */
export function captionOf(environment: EnvironmentView, locations: ClientLocations): string {
  if (environment.agreement) return `All app servers agree on ${environment.agreement.active}`;
  const phases = environment.servers.map((server, homeRegion) =>
    phaseOf(environment, locations, server, homeRegion),
  );
  const during = phases.find((phase) => phase.kind === "during");
  if (during?.kind === "during")
    return `During failover: ${during.moved} of ${countText(during.clients, "client")} moved`;
  const isOut = phases.filter(({ kind }) => kind === "after").length;
  if (isOut > 1) return "No region has its primary";
  if (isOut === 1) return "Figure 2 · After failover";
  const away = phases.reduce((sum, it) => sum + (it.kind === "recovered" ? it.away : 0), 0);
  if (away > 0) return `Figure 3 · Primary is back, ${away} still away`;
  return "Figure 1 · Before failover";
}

function phaseOf(
  { endpoints }: EnvironmentView,
  locations: ClientLocations,
  { links, isRunning }: ServerView,
  homeRegion: number,
): Phase {
  const link = links.find(({ role }) => role === "primary");
  const index = endpoints.findIndex(({ name }) => name === link?.endpoint);
  const primary = endpoints[index];
  if (!link || !primary) return { kind: "before" };
  const clients = locations.inHomeRegion(homeRegion);
  const moved = clients - locations.at(homeRegion, index) - locations.at(homeRegion, -1);
  const isOut =
    primary.fault !== null || primary.isDrained || (isRunning && link.health === "unhealthy");
  if (isOut) return moved < clients ? { kind: "during", moved, clients } : { kind: "after" };
  return moved > 0 ? { kind: "recovered", away: moved } : { kind: "before" };
}
