import type { CoordinationStore, StoreConnection } from "../../../src/contract/store.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";

export type Operation = Exclude<keyof StoreConnection, "close"> | "open";

/** Comes before, or instead of, what the store does. */
export type Obstacle = (proceed: () => Promise<unknown>, args: readonly unknown[]) => unknown;

/** A store in memory that does as the test says. */
export interface ObstructedStore extends CoordinationStore {
  readonly calls: Operation[];
  readonly obstacles: Partial<Record<Operation, Obstacle>>;
  closed: number;
  /** Every call from now on, until it is taken away. */
  all: Obstacle | undefined;
}

export const hangs: Obstacle = () => new Promise(() => {});

export const fails: Obstacle = () => {
  throw new Error("refused by the test");
};

export function obstructedStore(behind: CoordinationStore = memoryStore()): ObstructedStore {
  const store: ObstructedStore = {
    description: "obstructed",
    calls: [],
    obstacles: {},
    closed: 0,
    all: undefined,
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
    const obstacle = store.obstacles[operation] ?? store.all;
    return (obstacle ? obstacle(proceed, args) : proceed()) as Promise<T>;
  }
  return store;
}
