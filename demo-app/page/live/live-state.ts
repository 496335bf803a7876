import type {
  ClientChange,
  DeliveriesView,
  DemoEvent,
  DrillView,
  EnvironmentView,
  LiveMessages,
  RatesView,
} from "../../contract/live.ts";
import { ClientLocations } from "./client-locations.ts";

export type Topic = keyof LiveMessages | "link" | "tab-client";

const maxEvents = 200;
const SECONDS_KEPT = 61;

/** What the control server has sent so far. */
export class LiveState {
  /** False before its first word, and while the stream is cut. */
  isLinked = false;
  environment: EnvironmentView | null = null;
  drill: DrillView | null = null;
  deliveries: DeliveriesView | null = null;
  readonly locations = new ClientLocations();
  rates: readonly RatesView[] = [];
  /** Oldest first. */
  events: readonly DemoEvent[] = [];
  /** Changes whenever everything is received anew. */
  snapshotNumber = 0;

  /** Everything will be received anew, by a control server that may be another one. */
  reset(): void {
    this.snapshotNumber += 1;
    this.locations.clear();
    this.events = [];
    this.drill = null;
  }

  receive<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): void {
    this.#receivers[name](data);
  }

  readonly #receivers: { [Name in keyof LiveMessages]: (data: LiveMessages[Name]) => void } = {
    environment: (environment) => {
      this.environment = environment;
    },
    clients: (changes: ClientChange[]) => this.locations.apply(changes),
    rates: (rates) => {
      this.rates = [...this.rates, rates].slice(-SECONDS_KEPT);
    },
    deliveries: (deliveries) => {
      this.deliveries = deliveries;
    },
    events: (more) => {
      this.events = [...this.events, ...more].slice(-maxEvents);
    },
    drill: (drill) => {
      this.drill = drill;
    },
  };
}
