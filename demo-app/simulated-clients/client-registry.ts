import type { CrowdMove } from "../contract/environment.ts";
import type { ClientView } from "../contract/live.ts";
import type { News } from "./process-messages.ts";

export interface CrowdListener {
  moved(move: CrowdMove): void;
  /** One client has no connection any more. */
  lost(endpoint: string): void;
}

type Member = { -readonly [Key in keyof ClientView]: ClientView[Key] };

/** What is known of each client of the crowd, by the news of its process. */
export class Members {
  readonly #homes: readonly string[];
  readonly #endpoints: readonly string[];
  readonly #listener: CrowdListener;
  readonly #members = new Map<number, Member>();
  #delivered: number[];

  constructor(homes: readonly string[], endpoints: readonly string[], listener: CrowdListener) {
    this.#homes = homes;
    this.#endpoints = endpoints;
    this.#listener = listener;
    this.#delivered = endpoints.map(() => 0);
  }

  get count(): number {
    return this.#members.size;
  }

  get connected(): number {
    let connected = 0;
    for (const { endpoint } of this.#members.values()) if (endpoint !== null) connected += 1;
    return connected;
  }

  get views(): readonly ClientView[] {
    return [...this.#members.values()].map((member) => ({ ...member }));
  }

  view(id: number): ClientView | undefined {
    const member = this.#members.get(id);
    return member && { ...member };
  }

  takeDelivered(): readonly number[] {
    const delivered = this.#delivered;
    this.#delivered = delivered.map(() => 0);
    return delivered;
  }

  update({ dismissed, gone, heard, moves, places }: News): void {
    for (const id of gone) this.#members.delete(id);
    for (const [id, endpoint] of places) this.#place(id, endpoint, !dismissed.includes(id));
    for (const move of moves) this.#move(move);
    for (const [id, endpoint, messages] of heard) this.#hear(id, endpoint, messages);
  }

  clear(): void {
    this.#members.clear();
  }

  #place(id: number, endpoint: string | null, isByAccident: boolean): void {
    const member = this.#members.get(id) ?? this.#begin(id);
    const before = member.endpoint;
    if (before !== null && endpoint === null && isByAccident) this.#listener.lost(before);
    member.endpoint = endpoint;
  }

  #move(move: CrowdMove): void {
    const member = this.#members.get(move.id);
    if (!member) return;
    member.moves += 1;
    member.downtimeInMs = move.downtimeInMs;
    this.#listener.moved(move);
  }

  #hear(id: number, endpoint: string, messages: number): void {
    const member = this.#members.get(id);
    if (member) member.messages += messages;
    const index = this.#endpoints.indexOf(endpoint);
    if (index >= 0) this.#delivered[index] = (this.#delivered[index] ?? 0) + messages;
  }

  #begin(id: number): Member {
    const home = this.#homes[(id - 1) % this.#homes.length] ?? "";
    const member = { id, home, endpoint: null, moves: 0, downtimeInMs: null, messages: 0 };
    this.#members.set(id, member);
    return member;
  }
}
