import type { GroupRoles } from "../contract/group-roles.ts";
import { check, checkGroupName } from "../kit/arguments.ts";
import { type GroupPermission, permits } from "../kit/group-permission.ts";
import { MARKER_PREFIX } from "./marker.ts";

const PERMISSIONS: readonly GroupPermission[] = ["sendToGroup", "joinLeaveGroup"];

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

function roleOf(permission: GroupPermission, group: string): string {
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
export const coversGroup = (role: string, group: string): boolean =>
  PERMISSIONS.some((permission) => permits(role, permission, group));
