import type { News, ToldMove } from "./process-messages.ts";

/** Everything that is new, so that it can be told at once. */
export class NewsSheet {
  #places = new Map<number, string | null>();
  #gone: number[] = [];
  #dismissed: number[] = [];
  #moves: ToldMove[] = [];
  #heard = new Map<number, Map<string, number>>();

  place(id: number, endpoint: string | null): void {
    this.#places.set(id, endpoint);
  }

  leave(id: number): void {
    this.#places.delete(id);
    this.#heard.delete(id);
    this.#gone.push(id);
  }

  dismiss(id: number): void {
    this.#dismissed.push(id);
  }

  move(move: ToldMove): void {
    this.#moves.push(move);
  }

  heard(id: number, endpoint: string): void {
    const byEndpoint = this.#heard.get(id) ?? new Map<string, number>();
    this.#heard.set(id, byEndpoint.set(endpoint, (byEndpoint.get(endpoint) ?? 0) + 1));
  }

  /** Undefined when there is nothing new. */
  take(): News | undefined {
    const heard = [...this.#heard].flatMap(([id, byEndpoint]) =>
      [...byEndpoint].map(([endpoint, messages]) => [id, endpoint, messages] as const),
    );
    const places = [...this.#places];
    const [gone, dismissed, moves] = [this.#gone, this.#dismissed, this.#moves];
    this.#places = new Map();
    this.#heard = new Map();
    this.#gone = [];
    this.#dismissed = [];
    this.#moves = [];
    const isEmpty = heard.length + places.length + gone.length + moves.length === 0;
    return isEmpty ? undefined : { kind: "news", places, gone, dismissed, moves, heard };
  }
}
