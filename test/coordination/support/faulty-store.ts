import type { CoordinationStore, StoreConnection } from "../../../src/contract/store.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";

export type Operation = Exclude<keyof StoreConnection, "close"> | "open";

/** Comes before, or instead of, what the store does. */
export type Fault = (proceed: () => Promise<unknown>, args: readonly unknown[]) => unknown;

/** A store in memory that does as the test says. */
export interface FaultyStore extends CoordinationStore {
  readonly calls: Operation[];
  readonly faults: Partial<Record<Operation, Fault>>;
  closed: number;
  /** Every call from now on, until it is taken away. */
  everyCall: Fault | undefined;
}

export const hangs: Fault = () => new Promise(() => {});

export const fails: Fault = () => {
  throw new Error("refused by the test");
};

export function faultyStore(behind: CoordinationStore = memoryStore()): FaultyStore {
  const store: FaultyStore = {
    description: "faulty",
    calls: [],
    faults: {},
    closed: 0,
    everyCall: undefined,
    open: (hub, options) =>
      pass("open", [hub], async () => {
        const connection = await behind.open(hub, options);
        return {
          readRecord: (...args) => pass("readRecord", args, () => connection.readRecord(...args)),
          replaceRecord: (...args) =>
            pass("replaceRecord", args, () => connection.replaceRecord(...args)),
          readObservations: (...args) =>
            pass("readObservations", args, () => connection.readObservations(...args)),
          writeObservation: (...args) =>
            pass("writeObservation", args, () => connection.writeObservation(...args)),
          removeObservation: (...args) =>
            pass("removeObservation", args, () => connection.removeObservation(...args)),
          close: async () => {
            store.closed += 1;
          },
        };
      }),
  };
  async function pass<T>(
    operation: Operation,
    args: readonly unknown[],
    proceed: () => Promise<T>,
  ): Promise<T> {
    store.calls.push(operation);
    const obstacle = store.faults[operation] ?? store.everyCall;
    return (obstacle ? obstacle(proceed, args) : proceed()) as Promise<T>;
  }
  return store;
}

/** A store of somebody's own, of which some methods are others, or none at all. */
export function storeWith(methods: Partial<Record<keyof StoreConnection, unknown>>): FaultyStore {
  const store = faultyStore();
  const { open } = store;
  store.open = async (...args) => ({ ...(await open(...args)), ...methods }) as StoreConnection;
  return store;
}
