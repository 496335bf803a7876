export type GroupPermission = "joinLeaveGroup" | "sendToGroup";

/**
 * What a client may do with groups by itself. A role names a permission for every group, or, after
 * one more dot, for the one group of that name.
 *
 * Pattern roles (`webpubsub.joinLeaveGroups.<pattern>`) are not built yet and grant nothing.
 */
export class Roles {
  readonly #roles: ReadonlySet<string>;

  constructor(roles: Iterable<string>) {
    this.#roles = new Set(roles);
  }

  allows(permission: GroupPermission, group: string): boolean {
    const everyGroup = `webpubsub.${permission}`;
    return this.#roles.has(everyGroup) || this.#roles.has(`${everyGroup}.${group}`);
  }
}
