import type { HistoryConnection, HistoryStore } from "../../../src/contract/history-store.ts";
import type { Clock } from "../../../src/kit/clock.ts";
import { systemClock } from "../../../src/kit/clock.ts";
import { memoryHistory } from "../../../src/stores/memory-history/memory-history.ts";

type Call = Exclude<keyof HistoryConnection, "close">;

/** What becomes of a call, before it is carried out and after. */
export interface Fault {
  /** It fails with this, and is not carried out. */
  readonly refuse?: Error;
  /** It is carried out, and answered so much later. */
  readonly delayInMs?: number;
  /** It is carried out, and fails. */
  readonly failAfter?: Error;
  /** It is not carried out before the fault is over, and never answered. */
  readonly isSilent?: boolean;
}

/** A store of which calls go wrong. */
export class FaultyStore implements HistoryStore {
  readonly description = "faulty store";
  /** Of all calls, and of opening. */
  fault: Fault = {};
  /** Of one kind of call alone. */
  readonly faultsOf: Partial<Record<Call | "open", Fault>> = {};
  /** Names of the calls so far. */
  readonly calls: string[] = [];
  readonly #store: HistoryStore;
  readonly #clock: Clock;
  #breaking: ((error: unknown) => void)[] = [];

  constructor(store: HistoryStore = memoryHistory(), clock: Clock = systemClock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Has calls of one kind go wrong, or no more. */
  spoil(call: Call | "open", fault: Fault = {}): void {
    this.faultsOf[call] = fault;
  }

  /** Breaks all connections. */
  break(error: Error): void {
    for (const onLost of this.#breaking.splice(0)) onLost(error);
  }

  async open(...[hub, limits, onLost, options]: Parameters<HistoryStore["open"]>) {
    const open = () => this.#store.open(hub, limits, onLost, options);
    const connection = await this.#suffer("open", open);
    this.#breaking.push(onLost);
    const suffering = <Name extends Call>(name: Name) =>
      ((...given: never[]) => {
        const call = connection[name] as (...given: never[]) => Promise<unknown>;
        return this.#suffer(name, () => call.apply(connection, given));
      }) as HistoryConnection[Name];
    return {
      append: suffering("append"),
      tops: suffering("tops"),
      ranges: suffering("ranges"),
      renewEpochs: suffering("renewEpochs"),
      settle: suffering("settle"),
      owe: suffering("owe"),
      claim: suffering("claim"),
      finish: suffering("finish"),
      close: () => connection.close(),
    };
  }

  async #suffer<T>(name: Call | "open", call: () => Promise<T>): Promise<T> {
    this.calls.push(name);
    const { refuse, delayInMs, failAfter, isSilent } = this.faultsOf[name] ?? this.fault;
    if (refuse) throw refuse;
    if (isSilent) return new Promise(() => {});
    const result = await call();
    if (delayInMs) {
      await new Promise<void>((resolve) => void this.#clock.callIn(delayInMs, resolve));
    }
    if (failAfter) throw failAfter;
    return result;
  }
}
