import type {
  ClientChange,
  DemoEvent,
  DrillView,
  EnvironmentView,
  LiveMessages,
  RatesView,
} from "../../contract/live.ts";
import { Census } from "./client-locations.ts";

export type Topic = keyof LiveMessages | "link" | "me";

const MOST_EVENTS = 200;
const SECONDS_KEPT = 61;

/** What the control room has told so far. */
export class LiveState {
  /** False before its first word, and while the stream is cut. */
  isLinked = false;
  environment: EnvironmentView | null = null;
  drill: DrillView | null = null;
  readonly census = new Census();
  rates: readonly RatesView[] = [];
  /** Oldest first. */
  events: readonly DemoEvent[] = [];
  /** A number that changes when all was told anew. */
  telling = 0;

  /** All is told anew, by a control room that may be another one. */
  beginAnew(): void {
    this.telling += 1;
    this.census.clear();
    this.events = [];
    this.drill = null;
  }

  hear<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): void {
    this.#hearers[name](data);
  }

  readonly #hearers: { [Name in keyof LiveMessages]: (data: LiveMessages[Name]) => void } = {
    environment: (environment) => {
      this.environment = environment;
    },
    clients: (changes: ClientChange[]) => this.census.apply(changes),
    rates: (rates) => {
      this.rates = [...this.rates, rates].slice(-SECONDS_KEPT);
    },
    events: (more) => {
      this.events = [...this.events, ...more].slice(-MOST_EVENTS);
    },
    drill: (drill) => {
      this.drill = drill;
    },
  };
}
