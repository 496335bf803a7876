import { type GroupPattern, readGroupPattern } from "../../kit/group-pattern.ts";

export type GroupPermission = "joinLeaveGroup" | "sendToGroup";

/**
 * What a client may do with groups by itself. A role names a permission for every group, or, after
 * one more dot, for the one group of that name; in the plural, for the groups of a pattern.
 */
export class Roles {
  // Most connections have none.
  #roles: Set<string> | undefined;
  readonly #patterns: Record<GroupPermission, GroupPattern[]> | undefined;

  constructor(roles: readonly string[]) {
    if (roles.length === 0) return;
    this.#roles = new Set(roles);
    this.#patterns = {
      joinLeaveGroup: readPatterns(this.#roles, "webpubsub.joinLeaveGroups."),
      sendToGroup: readPatterns(this.#roles, "webpubsub.sendToGroups."),
    };
  }

  allows(permission: GroupPermission, group: string): boolean {
    return this.has(permission, group);
  }

  /** Without a group: for every group. */
  grant(permission: GroupPermission, group?: string): void {
    this.#roles ??= new Set();
    this.#roles.add(roleName(permission, group));
  }

  /** Takes back what was granted by the same name; a pattern or a wider role stays. */
  revoke(permission: GroupPermission, group?: string): void {
    this.#roles?.delete(roleName(permission, group));
  }

  /** Whether the permission is there for the group, by whatever role; without one, for every group. */
  has(permission: GroupPermission, group?: string): boolean {
    if (!this.#roles) return false;
    if (this.#roles.has(roleName(permission))) return true;
    if (group === undefined) return false;
    if (this.#roles.has(roleName(permission, group))) return true;
    return this.#patterns?.[permission].some((matches) => matches(group)) ?? false;
  }
}

const roleName = (permission: GroupPermission, group?: string): string =>
  group === undefined ? `webpubsub.${permission}` : `webpubsub.${permission}.${group}`;

/** A pattern that is not valid grants nothing. */
function readPatterns(roles: Iterable<string>, prefix: string): GroupPattern[] {
  const patterns: GroupPattern[] = [];
  for (const role of roles) {
    const pattern = role.startsWith(prefix)
      ? readGroupPattern(role.slice(prefix.length))
      : undefined;
    if (pattern) patterns.push(pattern);
  }
  return patterns;
}
