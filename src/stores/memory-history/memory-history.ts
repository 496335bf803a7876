import { randomUUID } from "node:crypto";
import type {
  ClaimQuestion,
  HistoryAppend,
  HistoryConnection,
  HistoryStore,
  OutboxTask,
  RangeQuestion,
  Settlement,
  StreamQuestion,
} from "../../contract/history-store.ts";
import { canonicalHub } from "../../kit/hub-name.ts";
import { integer, section } from "../../kit/option-schema.ts";
import { freshEpoch } from "../fresh-epoch.ts";
import { parseStoreOptions } from "../parse-store-options.ts";
import * as operations from "./operations.ts";
import { backlogOf } from "./outbox.ts";
import { type HubState, newHubState, type StepInputs } from "./state.ts";

/** How much is kept in memory. */
export interface MemoryHistoryOptions {
  /**
   * The most bytes of all streams of a hub, roughly. Beyond, the streams that were not used for
   * longest are dropped as a whole; what their clients missed is told to them as not recovered.
   *
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number | undefined;
}

const MIB = 1024 * 1024;
const schema = section({ maxBytes: integer(MIB, 1024 * 1024 * MIB, "bytes").default(32 * MIB) });

class MemoryHistoryConnection implements HistoryConnection {
  readonly #hub: HubState;
  readonly #limits: operations.MemoryLimits;
  readonly #inputs: () => StepInputs;

  constructor(hub: HubState, limits: operations.MemoryLimits, inputs: () => StepInputs) {
    this.#hub = hub;
    this.#limits = limits;
    this.#inputs = inputs;
  }

  async append(appends: readonly HistoryAppend[]) {
    return operations.append(this.#hub, appends, this.#limits, this.#inputs());
  }

  async tops(questions: readonly StreamQuestion[]) {
    return operations.tops(this.#hub, questions, this.#limits, this.#inputs());
  }

  async ranges(questions: readonly RangeQuestion[]) {
    return operations.ranges(this.#hub, questions, this.#limits, this.#inputs());
  }

  async renewEpochs(streams: readonly string[] | "all") {
    operations.renewEpochs(this.#hub, streams, this.#inputs());
  }

  async settle(settlements: readonly Settlement[]) {
    operations.settle(this.#hub, settlements, this.#limits, this.#inputs());
  }

  async owe(endpoints: readonly string[], streams: readonly string[] | "all") {
    operations.owe(this.#hub, endpoints, streams, this.#limits, this.#inputs());
  }

  async claim(question: ClaimQuestion) {
    return operations.claim(this.#hub, question, this.#limits, this.#inputs());
  }

  async finish(task: OutboxTask, result: "done" | { readonly retryInMs: number }) {
    operations.finish(this.#hub, task, result, this.#inputs());
  }

  async backlog() {
    return backlogOf(this.#hub, this.#inputs().now);
  }

  async close() {}
}

/**
 * A history in the memory of this process: for an app with one server, and for tests. What
 * `history: true` stands for. Plugins of one process that are given the same one share it.
 *
 * @throws InvalidOptionsError
 */
export function memoryHistory(options: MemoryHistoryOptions = {}): HistoryStore {
  const rules = { factory: "memoryHistory", schema, accessProblems: () => [] };
  const { maxBytes } = parseStoreOptions(rules, options);
  const hubs = new Map<string, HubState>();
  const run = randomUUID();
  const inputs = (): StepInputs => ({ now: Date.now(), run, fresh: freshEpoch });
  return {
    description: "memory",
    async open(hub, limits) {
      const name = canonicalHub(hub);
      const state = hubs.get(name) ?? newHubState(inputs());
      hubs.set(name, state);
      return new MemoryHistoryConnection(state, { ...limits, maxBytes }, inputs);
    },
  };
}
