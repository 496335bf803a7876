import type { Hearing } from "./hearing.ts";

interface Broadcast {
  readonly server: string;
  readonly number: number;
  /** When the first client has heard it. */
  readonly at: number;
}

// Others have heard it so long ago that it is no matter of milliseconds any more.
const LATE_AFTER_IN_MS = 1500;
// One message that got lost makes nobody deaf for ever.
const FORGOTTEN_AFTER_IN_MS = 10_000;

/** Finds out who has a connection, and does not hear what others hear. */
export class DeafClients {
  /** Oldest first. */
  readonly #broadcasts: Broadcast[] = [];
  readonly #newest = new Map<string, number>();

  heard(server: string, number: number, at: number): void {
    if (number <= (this.#newest.get(server) ?? 0)) return;
    this.#newest.set(server, number);
    this.#broadcasts.push({ server, number, at });
  }

  /** How many of these are deaf at this time. */
  count(clients: Iterable<Hearing>, now: number): number {
    while (this.#broadcasts[0] && now - this.#broadcasts[0].at > FORGOTTEN_AFTER_IN_MS)
      this.#broadcasts.shift();
    const due = this.#broadcasts.filter(({ at }) => now - at >= LATE_AFTER_IN_MS);
    let deaf = 0;
    for (const client of clients) if (isDeafTo(due, client)) deaf += 1;
    return deaf;
  }
}

function isDeafTo(due: readonly Broadcast[], client: Hearing): boolean {
  const { connectedAt } = client;
  if (connectedAt === undefined) return false;
  return due.some(
    ({ server, number, at }) => at > connectedAt && client.lastHeardFrom(server) < number,
  );
}
