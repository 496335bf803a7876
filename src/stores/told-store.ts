import type { PubSubEvents } from "../contract/events.ts";
import type { HistoryStore } from "../contract/history-store.ts";
import type { CoordinationStore } from "../contract/store.ts";
import type { InternalEvents } from "../kit/typed-events.ts";

type Calls = Readonly<Record<string, (...given: unknown[]) => Promise<unknown>>>;

const COORDINATION_CALLS = [
  "readRecord",
  "replaceRecord",
  "readObservations",
  "writeObservation",
  "removeObservation",
  "close",
] as const satisfies (keyof Awaited<ReturnType<CoordinationStore["open"]>>)[];

const HISTORY_CALLS = [
  "append",
  "tops",
  "ranges",
  "renewEpochs",
  "settle",
  "owe",
  "claim",
  "finish",
  "backlog",
  "close",
] as const satisfies (keyof Awaited<ReturnType<HistoryStore["open"]>>)[];

/** The same store, of which each call is told while somebody wants to know. */
export function toldCoordinationStore(
  store: CoordinationStore,
  events: InternalEvents,
): CoordinationStore {
  return told(store, "coordination", COORDINATION_CALLS, events);
}

/** As `toldCoordinationStore`. */
export function toldHistoryStore(store: HistoryStore, events: InternalEvents): HistoryStore {
  return told(store, "history", HISTORY_CALLS, events);
}

function told<Store extends CoordinationStore | HistoryStore>(
  store: Store,
  kind: PubSubEvents["storeCall"]["store"],
  calls: readonly string[],
  events: InternalEvents,
): Store {
  async function timed<T>(call: string, make: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const end = (ok: boolean): void => {
      const durationInMs = performance.now() - startedAt;
      events.emit("storeCall", { store: kind, call, ok, durationInMs });
    };
    try {
      const answer = await make();
      end(true);
      return answer;
    } catch (error) {
      end(false);
      throw error;
    }
  }

  const tell = <T>(call: string, make: () => Promise<T>): Promise<T> =>
    events.wants("storeCall") ? timed(call, make) : make();

  async function open(...given: unknown[]): Promise<unknown> {
    const opening = () => (store as unknown as Calls).open?.(...given) as Promise<Calls>;
    const opened = await tell("open", opening);
    // What is no store of this kind lacks some of them, and is told so by whoever has opened it.
    const there = calls.filter((call) => typeof opened[call] === "function");
    return Object.fromEntries(
      there.map((call) => [
        call,
        (...args: unknown[]) => tell(call, () => opened[call]?.(...args) as Promise<unknown>),
      ]),
    );
  }

  const { description, insecureOrigin } = store;
  const load = store.load && (() => store.load?.());
  return { description, insecureOrigin, load, open } as unknown as Store;
}
