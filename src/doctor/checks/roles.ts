import { safeText } from "../../kit/safe-text.ts";
import { markersInUse } from "../../marker-groups/open-markers.ts";
import { coversGroup } from "../../marker-groups/roles.ts";
import { type Check, type DoctorContext, type Found, fail, pass, skipped, warn } from "../check.ts";

const WITHOUT_GROUP = /^webpubsub\.(sendToGroup|joinLeaveGroup)$/;
const maxRoleLength = 100;

/** Roles that clients get: those in the token of a negotiate, and those that the caller names. */
export const rolesCheck: Check = {
  id: "roles",
  title: "roles of clients name their groups",
  run: async (context) => {
    const roles = await rolesOf(context);
    if (roles.length === 0) return [skipped("no roles are known: give --role, or --negotiate-url")];
    const found = roles.flatMap((role) => lookAt(context, role));
    return found.length > 0 ? found : [pass(`${roles.length} roles name their groups`)];
  },
};

async function rolesOf(context: DoctorContext): Promise<string[]> {
  const finding = await context.negotiate();
  const ofToken = finding && "roles" in finding ? finding.roles : [];
  return [...new Set([...context.given.roles, ...ofToken])];
}

function lookAt({ configuration }: DoctorContext, role: string): Found[] {
  const name = safeText(role, maxRoleLength);
  const markers = markersInUse(configuration, configuration.endpoints);
  if (markers.some((marker) => coversGroup(role, marker))) {
    return [
      fail(`the role ${name} is good for the marker groups of this package as well`, NAME_GROUP),
    ];
  }
  if (WITHOUT_GROUP.test(role)) {
    return [warn(`the role ${name} is good for every group`, NAME_GROUP)];
  }
  return [];
}

const NAME_GROUP =
  'give roles that name their group: roles.sendToGroup("news"), roles.joinLeaveGroup("news")';
