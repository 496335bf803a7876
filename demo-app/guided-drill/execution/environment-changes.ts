import type { Environment } from "../../contract/environment.ts";
import type { Failback, Topology } from "../../contract/live.ts";
import { messageOf } from "../../kit/message-of.ts";
import { orLate } from "../../kit/pause.ts";
import { disturbanceOf, type Expectation } from "./disturbance.ts";

const PUT_BACK_IN_MS = 20_000;
const LATE = `not within ${PUT_BACK_IN_MS / 1000} s`;

/** What the drill changes in the environment: it notices when others change that, and puts it all back. */
export class EnvironmentChanges {
  readonly #environment: Environment;
  readonly #before: {
    readonly topology: Topology;
    readonly failback: Failback;
    readonly clients: number;
    readonly broadcastEveryInMs: number;
  };
  readonly #pending = new Set<Promise<void>>();
  #expected: Expectation;
  #broadcastEveryInMs: number;
  /** Until it is healed, whatever comes of the order to do so. */
  #crashed: string | null = null;
  #isWatching = false;

  constructor(environment: Environment) {
    const { topology, failback, clientCounts, broadcastEveryInMs } = environment.view;
    this.#environment = environment;
    this.#before = { topology, failback, clients: clientCounts.wanted, broadcastEveryInMs };
    this.#broadcastEveryInMs = broadcastEveryInMs;
    this.#expected = { broken: null, failback, clients: clientCounts.wanted };
  }

  get clients(): number {
    return this.#expected.clients;
  }

  /** From now on, what others change counts as a disturbance. */
  watch(): void {
    this.#isWatching = true;
  }

  get disturbance(): string | null {
    return this.#isWatching ? disturbanceOf(this.#environment.view, this.#expected) : null;
  }

  crash(endpoint: string): Promise<void> {
    this.#expected = { ...this.#expected, broken: endpoint };
    this.#crashed = endpoint;
    return this.#begin(this.#environment.setFault(endpoint, "crash"));
  }

  async heal(endpoint: string): Promise<void> {
    this.#expected = { ...this.#expected, broken: null };
    await this.#begin(this.#environment.setFault(endpoint, null));
    this.#crashed = null;
  }

  setFailback(failback: Failback): Promise<void> {
    this.#expected = { ...this.#expected, failback };
    return this.#begin(this.#environment.setFailback(failback));
  }

  resize(clients: number): Promise<void> {
    this.#expected = { ...this.#expected, clients };
    return this.#begin(this.#environment.clients.resize(clients));
  }

  setTopology(topology: Topology): Promise<void> {
    return this.#begin(this.#environment.setTopology(topology));
  }

  /** Who broadcasts more often goes on with that. */
  broadcastAtLeastEvery(everyInMs: number): void {
    const now = this.#environment.view.broadcastEveryInMs;
    if (now > 0 && now <= everyInMs) return;
    this.#broadcastEveryInMs = everyInMs;
    this.#environment.setBroadcasts(everyInMs);
  }

  /**
   * What somebody else has set meanwhile is theirs, and stays.
   *
   * @returns What could not be put back, a sentence each.
   */
  async undo(): Promise<string[]> {
    this.#isWatching = false;
    await orLate(Promise.allSettled(this.#pending), undefined, PUT_BACK_IN_MS);
    const problems: string[] = [];
    for (const [what, undo] of this.#undoSteps()) {
      const problem = await orLate(failureOf(undo()), LATE, PUT_BACK_IN_MS);
      if (problem !== null) problems.push(`${what}: ${problem}`);
    }
    return problems;
  }

  *#undoSteps(): Iterable<[what: string, undo: () => Promise<void>]> {
    const { view } = this.#environment;
    const before = this.#before;
    const { failback, clients } = this.#expected;
    const crashed = this.#crashed;
    const broken = view.endpoints.find(({ name }) => name === crashed);
    if (broken?.fault === "crash") yield [`Healing ${crashed}`, () => this.heal(broken.name)];
    if (view.clientCounts.wanted === clients && clients !== before.clients) {
      yield ["The number of clients", () => this.resize(before.clients)];
    }
    if (view.failback === failback && failback !== before.failback) {
      yield ["Failback", () => this.setFailback(before.failback)];
    }
    if (
      view.broadcastEveryInMs === this.#broadcastEveryInMs &&
      view.broadcastEveryInMs !== before.broadcastEveryInMs
    ) {
      yield [
        "The broadcasts",
        async () => this.#environment.setBroadcasts(before.broadcastEveryInMs),
      ];
    }
    if (view.topology === "client-server" && before.topology !== "client-server") {
      yield ["The topology", () => this.setTopology(before.topology)];
    }
  }

  #begin(order: Promise<void>): Promise<void> {
    const pending = order.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return pending;
  }
}

async function failureOf(undoing: Promise<void>): Promise<string | null> {
  try {
    await undoing;
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
