/** Something that can be asked whether it still lives. */
export interface Beating {
  /** False when the last beat has not been answered. */
  beat(): boolean;
  drop(): void;
}

interface Round {
  readonly members: Set<Beating>;
  readonly timer: NodeJS.Timeout;
}

/** Pings sockets at their hub's interval and cuts those that have fallen silent. */
export class KeepAlive {
  readonly #rounds = new Map<number, Round>();

  add(member: Beating, intervalInSeconds: number): void {
    this.#round(intervalInSeconds).members.add(member);
  }

  /** With the interval of `add`. */
  remove(member: Beating, intervalInSeconds: number): void {
    const round = this.#rounds.get(intervalInSeconds);
    if (!round?.members.delete(member) || round.members.size > 0) return;
    clearInterval(round.timer);
    this.#rounds.delete(intervalInSeconds);
  }

  #round(intervalInSeconds: number): Round {
    const running = this.#rounds.get(intervalInSeconds);
    if (running) return running;
    const members = new Set<Beating>();
    const timer = setInterval(() => {
      for (const member of members) {
        if (!member.beat()) member.drop();
      }
    }, intervalInSeconds * 1000).unref();
    const round = { members, timer };
    this.#rounds.set(intervalInSeconds, round);
    return round;
  }
}
