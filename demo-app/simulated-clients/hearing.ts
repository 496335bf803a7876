/** What one client has heard last of each app server, and since when it could. */
export class Hearing {
  readonly #last = new Map<string, number>();
  #connectedAt: number | undefined;

  /** Since when it has its connection, as `performance.now()`; undefined without one. */
  get connectedAt(): number | undefined {
    return this.#connectedAt;
  }

  connected(at: number | undefined): void {
    this.#connectedAt = at;
  }

  heard(server: string, number: number): void {
    this.#last.set(server, Math.max(number, this.lastHeardFrom(server)));
  }

  /** The number of its broadcast; 0 is none. */
  lastHeardFrom(server: string): number {
    return this.#last.get(server) ?? 0;
  }
}
