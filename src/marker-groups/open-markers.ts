import type { PluginContext } from "../context/plugin-context.ts";
import { safeText } from "../kit/safe-text.ts";
import { displacedGroup } from "./displaced-group.ts";
import { CONTINUITY_GROUP, NEGOTIATED_GROUP } from "./marker.ts";
import { coversGroup } from "./roles.ts";

const WARNING = "ERR_MARKER_GROUPS_OPEN";
const maxRoleLength = 100;

/**
 * Warns the process once when a client is given a role that is good for the marker groups in use as
 * well: it can leave them, and send to everybody who is in them.
 */
export function warnOfOpenMarkers(
  { configuration, registry, warnings }: PluginContext,
  roles: readonly unknown[] | undefined,
): void {
  if (roles === undefined || roles.length === 0 || warnings.has(WARNING)) return;
  const markers = markersInUse(configuration, registry.all());
  const open = roles.find(
    (role) => typeof role === "string" && markers.some((marker) => coversGroup(role, marker)),
  );
  if (open === undefined) return;
  warnings.warn(
    WARNING,
    `A client of hub "${configuration.hub}" was given the role ${safeText(String(open), maxRoleLength)}, which is good for the marker groups of this package as well, so that it can leave them and send to all clients in them; give roles that name their group, such as roles.sendToGroup("news")`,
  );
}

/** The groups of this package that clients are put into, by what the configuration uses. */
export function markersInUse(
  {
    topology,
    failback,
    history,
  }: Pick<PluginContext["configuration"], "topology" | "failback" | "history">,
  endpoints: readonly { readonly name: string; readonly role: string }[],
): string[] {
  const ofHistory = history ? [CONTINUITY_GROUP] : [];
  if (topology === "client-client") return [NEGOTIATED_GROUP, ...ofHistory];
  return failback.close === false ? ofHistory : [...displacedGroups(endpoints), ...ofHistory];
}

function displacedGroups(
  endpoints: readonly { readonly name: string; readonly role: string }[],
): string[] {
  return endpoints.filter(({ role }) => role === "primary").map(({ name }) => displacedGroup(name));
}
