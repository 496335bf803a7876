/** Something that can be asked whether its peer still answers. */
export interface Pingable {
  /** False when the last ping has not been answered. */
  ping(): boolean;
  drop(): void;
}

interface PingGroup {
  readonly members: Set<Pingable>;
  readonly timer: NodeJS.Timeout;
}

/** Pings sockets at their hub's interval and cuts those that have fallen silent. */
export class KeepAlive {
  readonly #groups = new Map<number, PingGroup>();

  add(member: Pingable, intervalInSeconds: number): void {
    this.#group(intervalInSeconds).members.add(member);
  }

  /** With the interval of `add`. */
  remove(member: Pingable, intervalInSeconds: number): void {
    const group = this.#groups.get(intervalInSeconds);
    if (!group?.members.delete(member) || group.members.size > 0) return;
    clearInterval(group.timer);
    this.#groups.delete(intervalInSeconds);
  }

  #group(intervalInSeconds: number): PingGroup {
    const running = this.#groups.get(intervalInSeconds);
    if (running) return running;
    const members = new Set<Pingable>();
    const timer = setInterval(() => {
      for (const member of members) {
        if (!member.ping()) member.drop();
      }
    }, intervalInSeconds * 1000).unref();
    const group = { members, timer };
    this.#groups.set(intervalInSeconds, group);
    return group;
  }
}
