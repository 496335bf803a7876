import type { GroupRoles } from "../contract/group-roles.ts";
import { check, checkGroupName } from "../kit/arguments.ts";
import { readGroupPattern } from "../kit/group-pattern.ts";
import { MARKER_PREFIX } from "./marker.ts";

const PERMISSIONS = ["sendToGroup", "joinLeaveGroup"] as const;

type Permission = (typeof PERMISSIONS)[number];

/**
 * Roles that name their group. A role without a group is good for all of them, the marker groups of
 * this package included.
 *
 * @example
 * ```ts
 * const negotiate: NegotiateOptions = {
 *   authenticate: (req) => ({
 *     userId: userOf(req), // yours
 *     roles: [roles.sendToGroup("news"), roles.joinLeaveGroup("news")],
 *   }),
 * };
 * ```
 */
export const roles: GroupRoles = Object.freeze({
  sendToGroup: (group: string) => roleOf("sendToGroup", group),
  joinLeaveGroup: (group: string) => roleOf("joinLeaveGroup", group),
});

function roleOf(permission: Permission, group: string): string {
  checkGroupName(group, "group");
  const isOwn = group.startsWith(MARKER_PREFIX);
  check(
    !isOwn,
    "group",
    group,
    `give another name: "${MARKER_PREFIX}" begins those of this package`,
  );
  return `webpubsub.${permission}.${group}`;
}

/** Whether a role lets a client send to a group, join it or leave it: by its name, a pattern, or all. */
export function coversGroup(role: string, group: string): boolean {
  return PERMISSIONS.some((permission) => {
    if (role === `webpubsub.${permission}` || role === `webpubsub.${permission}.${group}`)
      return true;
    const prefix = `webpubsub.${permission}s.`;
    if (!role.startsWith(prefix)) return false;
    return readGroupPattern(role.slice(prefix.length))?.(group) ?? false;
  });
}
