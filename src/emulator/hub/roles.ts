import { type GroupPattern, readGroupPattern } from "../../kit/group-pattern.ts";

export type GroupPermission = "joinLeaveGroup" | "sendToGroup";

/**
 * What a client may do with groups by itself. A role names a permission for every group, or, after
 * one more dot, for the one group of that name; in the plural, for the groups of a pattern. What is
 * granted or revoked at run time is for one group, and stands above every role.
 */
export class Roles {
  // Most connections have none.
  readonly #roles: ReadonlySet<string> | undefined;
  readonly #patterns: Record<GroupPermission, GroupPattern[]> | undefined;
  /** What was decided at run time, where the roles say something else; by the role's name. */
  #decisions: Map<string, boolean> | undefined;

  constructor(roles: readonly string[]) {
    if (roles.length === 0) return;
    this.#roles = new Set(roles);
    this.#patterns = {
      joinLeaveGroup: readPatterns(this.#roles, "webpubsub.joinLeaveGroups."),
      sendToGroup: readPatterns(this.#roles, "webpubsub.sendToGroups."),
    };
  }

  allows(permission: GroupPermission, group: string): boolean {
    const decision = this.#decisions?.get(roleName(permission, group));
    return decision ?? this.#isRole(permission, group);
  }

  grant(permission: GroupPermission, group: string): void {
    this.#decide(permission, group, true);
  }

  /** Also from a client whose role is for more groups than this one; it keeps the others. */
  revoke(permission: GroupPermission, group: string): void {
    this.#decide(permission, group, false);
  }

  #decide(permission: GroupPermission, group: string, isAllowed: boolean): void {
    const name = roleName(permission, group);
    if (this.#isRole(permission, group) === isAllowed) {
      this.#decisions?.delete(name);
    } else {
      this.#decisions ??= new Map();
      this.#decisions.set(name, isAllowed);
    }
  }

  #isRole(permission: GroupPermission, group: string): boolean {
    if (!this.#roles) return false;
    return (
      this.#roles.has(roleName(permission)) ||
      this.#roles.has(roleName(permission, group)) ||
      (this.#patterns?.[permission].some((matches) => matches(group)) ?? false)
    );
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
