/** The roles of the service that let a client act on one group by itself. */
export interface GroupRoles {
  /**
   * May send to the group, whether or not it is in it: `webpubsub.sendToGroup.<group>`.
   *
   * @param group Its name, 1 to 1024 characters.
   * @throws InvalidArgumentError for a name that is none, or that this package has for its own groups
   */
  sendToGroup(group: string): string;
  /**
   * May join the group and leave it: `webpubsub.joinLeaveGroup.<group>`.
   *
   * @param group Its name, 1 to 1024 characters.
   * @throws InvalidArgumentError for a name that is none, or that this package has for its own groups
   */
  joinLeaveGroup(group: string): string;
}
