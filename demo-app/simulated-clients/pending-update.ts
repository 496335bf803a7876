import type { ClientMove } from "../contract/environment.ts";
import type { DeliveryChange } from "./delivery-record.ts";
import { addTotals, type DeliveryTotals, NO_DELIVERIES } from "./delivery-totals.ts";
import type { ClientsUpdate, DeafCounts } from "./process-messages.ts";

/** Collects what is new about all clients, to be sent in one message. */
export class PendingUpdate {
  #endpoints = new Map<number, string | null>();
  #stopped: number[] = [];
  #closedByServer: number[] = [];
  #moves: ClientMove[] = [];
  #received = new Map<number, Map<string, number>>();
  #deliveries: DeliveryTotals = NO_DELIVERIES;
  #deaf: DeafCounts = { withHistory: 0, withoutHistory: 0 };

  setEndpoint(id: number, endpoint: string | null): void {
    this.#endpoints.set(id, endpoint);
  }

  remove(id: number): void {
    this.#endpoints.delete(id);
    this.#received.delete(id);
    this.#stopped.push(id);
  }

  markClosedByServer(id: number): void {
    this.#closedByServer.push(id);
  }

  move(move: ClientMove): void {
    this.#moves.push(move);
  }

  received(id: number, endpoint: string): void {
    const byEndpoint = this.#received.get(id) ?? new Map<string, number>();
    this.#received.set(id, byEndpoint.set(endpoint, (byEndpoint.get(endpoint) ?? 0) + 1));
  }

  delivered(hasHistory: boolean, change: DeliveryChange): void {
    const half = hasHistory ? "withHistory" : "withoutHistory";
    this.#deliveries = addTotals(this.#deliveries, { ...NO_DELIVERIES, [half]: change });
  }

  /** Undefined when there is nothing new. @param deaf As it is now. */
  take(deaf: DeafCounts): ClientsUpdate | undefined {
    const received = [...this.#received].flatMap(([id, byEndpoint]) =>
      [...byEndpoint].map(([endpoint, messages]) => [id, endpoint, messages] as const),
    );
    const endpoints = [...this.#endpoints];
    const [stopped, closedByServer, moves] = [this.#stopped, this.#closedByServer, this.#moves];
    const deliveries = this.#deliveries;
    this.#endpoints = new Map();
    this.#received = new Map();
    this.#stopped = [];
    this.#closedByServer = [];
    this.#moves = [];
    this.#deliveries = NO_DELIVERIES;
    const isDeafChanged =
      deaf.withHistory !== this.#deaf.withHistory ||
      deaf.withoutHistory !== this.#deaf.withoutHistory;
    this.#deaf = deaf;
    const changes = received.length + endpoints.length + stopped.length + moves.length;
    if (changes === 0 && !isDeafChanged) return undefined;
    return {
      kind: "update",
      endpoints,
      stopped,
      closedByServer,
      moves,
      received,
      deliveries,
      deaf,
    };
  }
}
