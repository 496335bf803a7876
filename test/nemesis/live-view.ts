import type { Entry, EntryOf } from "./recording/entry.ts";

/** What is known at the moment, for whoever wants to hit the leader, or to know when all is well again. */
export class LiveView {
  readonly #answers = new Map<string, EntryOf<"answer">>();
  readonly #clients = new Map<string, string | undefined>();
  readonly #leaders = new Map<string, { readonly run: number; readonly since: number }>();
  readonly #down = new Map<string, Set<string>>();

  take(entry: Entry): void {
    if (entry.kind === "answer") this.#answers.set(entry.server, entry);
    if (entry.kind === "client") this.#clients.set(entry.client, entry.endpoint);
    if (entry.kind === "leads") {
      if (entry.isLeader) this.#leaders.set(entry.server, { run: entry.run, since: entry.at });
      else this.#leaders.delete(entry.server);
    }
    if (entry.kind === "health") {
      const down = this.#down.get(entry.server) ?? new Set();
      this.#down.set(entry.server, down);
      if (entry.isUp) down.delete(entry.endpoint);
      else down.add(entry.endpoint);
    }
    if (entry.kind === "process" && entry.state === "dead") {
      this.#leaders.delete(entry.process);
      this.#down.delete(entry.process);
    }
  }

  /** Who has taken the lead last, of those that take themselves for the leader. */
  get leader(): string | undefined {
    const last = [...this.#leaders].sort(([, a], [, b]) => b.since - a.since)[0];
    return last?.[0];
  }

  /** What most servers answer. */
  get active(): string | undefined {
    const counts = new Map<string, number>();
    for (const { endpoint } of this.#answers.values())
      if (endpoint !== undefined) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
    return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
  }

  seesDown(server: string, endpoint: string): boolean {
    return this.#down.get(server)?.has(endpoint) === true;
  }

  countOn(endpoint: string): number {
    return [...this.#clients.values()].filter((it) => it === endpoint).length;
  }

  /** Whether all servers, asked since then, answer alike, and all clients are where they say. */
  isSettled(since: number, servers: readonly string[], clients: readonly string[]): boolean {
    const answers = servers.map((server) => this.#answers.get(server));
    const [first] = answers;
    if (first?.endpoint === undefined) return false;
    const isAlike = answers.every(
      (answer) =>
        answer !== undefined &&
        answer.askedAt > since &&
        answer.endpoint === first.endpoint &&
        answer.epoch === first.epoch &&
        answer.incarnation === first.incarnation,
    );
    return isAlike && clients.every((client) => this.#clients.get(client) === first.endpoint);
  }
}
