import type { ClientMove } from "../contract/environment.ts";
import type { ClientView, DeliveriesView } from "../contract/live.ts";
import { addTotals, hasHistory, NO_DELIVERIES } from "./delivery-totals.ts";
import type { ClientsUpdate, DeafCounts } from "./process-messages.ts";

export interface ClientRegistryListener {
  moved(move: ClientMove): void;
  /** One client has no connection any more. */
  lost(endpoint: string): void;
}

type Entry = { -readonly [Key in keyof ClientView]: ClientView[Key] };

/** What is known of each client, by the updates of their process. */
export class ClientRegistry {
  readonly #homeRegions: readonly string[];
  readonly #endpoints: readonly string[];
  readonly #listener: ClientRegistryListener;
  readonly #entries = new Map<number, Entry>();
  #delivered: number[];
  #deliveries = NO_DELIVERIES;
  #deaf: DeafCounts = { withHistory: 0, withoutHistory: 0 };

  constructor(
    homeRegions: readonly string[],
    endpoints: readonly string[],
    listener: ClientRegistryListener,
  ) {
    this.#homeRegions = homeRegions;
    this.#endpoints = endpoints;
    this.#listener = listener;
    this.#delivered = endpoints.map(() => 0);
  }

  get count(): number {
    return this.#entries.size;
  }

  get connected(): number {
    let connected = 0;
    for (const { endpoint } of this.#entries.values()) if (endpoint !== null) connected += 1;
    return connected;
  }

  get views(): readonly ClientView[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry }));
  }

  get deliveries(): DeliveriesView {
    const { withHistory, withoutHistory } = this.#deliveries;
    const ids = [...this.#entries.keys()];
    const clients = ids.filter((id) => hasHistory(id, this.#homeRegions)).length;
    return {
      withHistory: { clients, ...withHistory },
      withoutHistory: { clients: ids.length - clients, ...withoutHistory },
    };
  }

  get deaf(): DeafCounts {
    return this.#deaf;
  }

  view(id: number): ClientView | undefined {
    const entry = this.#entries.get(id);
    return entry && { ...entry };
  }

  takeDelivered(): readonly number[] {
    const delivered = this.#delivered;
    this.#delivered = delivered.map(() => 0);
    return delivered;
  }

  update(update: ClientsUpdate): void {
    const { closedByServer, stopped, received, moves, endpoints, deliveries, deaf } = update;
    for (const id of stopped) this.#entries.delete(id);
    for (const [id, endpoint] of endpoints)
      this.#setEndpoint(id, endpoint, !closedByServer.includes(id));
    for (const move of moves) this.#move(move);
    for (const [id, endpoint, messages] of received) this.#receive(id, endpoint, messages);
    this.#deliveries = addTotals(this.#deliveries, deliveries);
    this.#deaf = deaf;
  }

  clear(): void {
    this.#entries.clear();
  }

  #setEndpoint(id: number, endpoint: string | null, isByAccident: boolean): void {
    const entry = this.#entries.get(id) ?? this.#createEntry(id);
    const before = entry.endpoint;
    // A client may be on the next one before anybody was told that it had lost the first.
    if (before !== null && endpoint !== before && isByAccident) this.#listener.lost(before);
    entry.endpoint = endpoint;
  }

  #move(move: ClientMove): void {
    const entry = this.#entries.get(move.id);
    if (!entry) return;
    entry.moves += 1;
    entry.downtimeInMs = move.downtimeInMs;
    this.#listener.moved(move);
  }

  #receive(id: number, endpoint: string, messages: number): void {
    const entry = this.#entries.get(id);
    if (entry) entry.messages += messages;
    const index = this.#endpoints.indexOf(endpoint);
    if (index >= 0) this.#delivered[index] = (this.#delivered[index] ?? 0) + messages;
  }

  #createEntry(id: number): Entry {
    const homeRegion = this.#homeRegions[(id - 1) % this.#homeRegions.length] ?? "";
    const entry = { id, homeRegion, endpoint: null, moves: 0, downtimeInMs: null, messages: 0 };
    this.#entries.set(id, entry);
    return entry;
  }
}
