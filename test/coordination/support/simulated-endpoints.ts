import type { SeenState } from "../../../src/contract/coordination.ts";
import { type CallFault, ENDPOINTS } from "./scenario.ts";

/** Somebody who is connected. */
export interface Connection {
  readonly client: number;
  readonly endpoint: number;
  /** One endpoint may have several, each a place of its own. */
  readonly url: string;
  readonly since: number;
  /** Told when it is over. */
  readonly ended: () => void;
}

/** How a server finds an endpoint. */
export interface EndpointView {
  readonly state: SeenState;
  /** Whether it answers, though it may not be relied on. */
  readonly isAnswering: boolean;
}

/** One server's way to one endpoint. The numbers are of faults that go on. */
interface Link {
  cuts: number;
  flaps: number;
  drains: number;
  readonly callFaults: CallFault[];
}

/** What endpoints really are like, and who is connected to them. */
export class SimulatedEndpoints {
  readonly connections = new Set<Connection>();
  readonly #links: readonly (readonly Link[])[];
  readonly #outages = ENDPOINTS.map(() => 0);

  constructor(servers: number) {
    const link = (): Link => ({ cuts: 0, flaps: 0, drains: 0, callFaults: [] });
    this.#links = Array.from({ length: servers }, () => ENDPOINTS.map(link));
  }

  link(server: number, endpoint: number): Link {
    return this.#links[server]?.[endpoint] as Link;
  }

  /** @returns How to end it. */
  breakDown(endpoint: number, keepsClients: boolean): () => void {
    this.#count(endpoint, 1);
    if (!keepsClients) this.#close((connection) => connection.endpoint === endpoint);
    return () => this.#count(endpoint, -1);
  }

  takesClients(endpoint: number): boolean {
    return this.#outages[endpoint] === 0;
  }

  answers(server: number, endpoint: number): boolean {
    return this.takesClients(endpoint) && this.link(server, endpoint).cuts === 0;
  }

  viewOf(server: number, endpoint: number): EndpointView {
    const isAnswering = this.answers(server, endpoint);
    const { flaps, drains } = this.link(server, endpoint);
    if (!isAnswering || flaps > 0) return { state: "unhealthy", isAnswering };
    return { state: drains > 0 ? "drained" : "healthy", isAnswering };
  }

  isOccupied(url: string): boolean {
    return [...this.connections].some((connection) => connection.url === url);
  }

  closeAll(url: string): void {
    this.#close((connection) => connection.url === url);
  }

  #close(isConcerned: (connection: Connection) => boolean): void {
    for (const connection of [...this.connections].filter(isConcerned)) {
      this.connections.delete(connection);
      connection.ended();
    }
  }

  #count(endpoint: number, by: number): void {
    this.#outages[endpoint] = (this.#outages[endpoint] ?? 0) + by;
  }
}
