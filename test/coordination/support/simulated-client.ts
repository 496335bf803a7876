import type { Connection, SimulatedEndpoints } from "./simulated-endpoints.ts";
import type { NegotiateAnswer } from "./simulated-negotiate.ts";
import type { Process } from "./simulated-process.ts";
import type { Timeline } from "./virtual-clock.ts";

/** What a client reaches. */
export interface ClientWorld {
  readonly timeline: Timeline;
  readonly endpoints: SimulatedEndpoints;
  readonly random: () => number;
  /** Servers that take requests. */
  readonly servers: readonly Process[];
  /** The most that a request, or an answer, takes. */
  readonly delayInMs: number;
  note(line: string): void;
}

/** How long a client waits for a server that does not answer. */
const patienceInMs = 2500;

/** Wants to be connected all the time: asks any server, connects to where that sends it, and begins anew. */
export class SimulatedClient {
  readonly index: number;
  readonly #world: ClientWorld;
  readonly #failed = new Set<number>();
  connection: Connection | undefined;

  constructor(index: number, world: ClientWorld) {
    this.index = index;
    this.#world = world;
  }

  start(): void {
    this.#again();
  }

  /** After a pause. */
  #again(): void {
    const { random, timeline } = this.#world;
    timeline.in(300 + random() * 1200, () => this.#ask());
  }

  #ask(): void {
    const { random, servers, timeline } = this.#world;
    const server = servers[Math.floor(random() * servers.length)];
    if (server === undefined) {
      this.#again();
      return;
    }
    let isWaiting = true;
    const waitNoLonger = timeline.in(patienceInMs, () => {
      isWaiting = false;
      this.#again();
    });
    this.#later(() =>
      server.deliver(() => {
        void server.negotiate(new Set(this.#failed)).then((answer) =>
          this.#later(() => {
            if (!isWaiting) return;
            waitNoLonger.cancel();
            this.#take(answer);
          }),
        );
      }),
    );
  }

  #take(answer: NegotiateAnswer | undefined): void {
    if (answer === undefined) this.#again();
    else this.#later(() => this.#connect(answer));
  }

  #connect({ endpoint, url }: NegotiateAnswer): void {
    const { endpoints, note, timeline } = this.#world;
    if (!endpoints.takesClients(endpoint)) {
      this.#failed.add(endpoint);
      this.#again();
      return;
    }
    this.#failed.clear();
    const ended = (): void => {
      this.connection = undefined;
      note(`client ${this.index} has lost its connection to ${url}`);
      this.#again();
    };
    this.connection = { client: this.index, endpoint, url, since: timeline.now, ended };
    endpoints.connections.add(this.connection);
    note(`client ${this.index} is connected to ${url}`);
  }

  #later(run: () => void): void {
    const { delayInMs, random, timeline } = this.#world;
    timeline.in(random() * delayInMs, run);
  }
}
