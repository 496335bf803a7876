import type {
  ClientChange,
  DemoEvent,
  DrillView,
  EnvironmentView,
  FiguresView,
  LiveMessages,
  LogLine,
  RatesView,
} from "../../contract/live.ts";
import { ClientLocations } from "./client-locations.ts";

export type Topic = keyof LiveMessages | "link" | "tab-client" | "shown" | "crowd";
/** Whose clients the map shows. */
export type Crowd = "ours" | "microsoft";

const maxEvents = 200;
const maxLogLines = 200;
const SECONDS_KEPT = 61;

/** What the control server has sent so far. */
export class LiveState {
  /** False before its first word, and while the stream is cut. */
  isLinked = false;
  environment: EnvironmentView | null = null;
  /** By the environment before this one. */
  wasComparing = false;
  drill: DrillView | null = null;
  figures: FiguresView | null = null;
  crowd: Crowd = "ours";
  /** Where each client of ours is. */
  readonly locations = new ClientLocations();
  readonly microsoftLocations = new ClientLocations();
  /**
   * Where the dots of the map are: who is on the way is without a connection. What is said and
   * counted beside the map follows this, so that all of it agrees.
   */
  readonly shown = new ClientLocations();
  rates: readonly RatesView[] = [];
  /** Oldest first. */
  events: readonly DemoEvent[] = [];
  /** Oldest first. */
  log: readonly LogLine[] = [];
  /** Changes whenever everything is received anew. */
  snapshotNumber = 0;

  /** Everything will be received anew, by a control server that may be another one. */
  reset(): void {
    this.snapshotNumber += 1;
    this.locations.clear();
    this.microsoftLocations.clear();
    this.events = [];
    this.log = [];
    this.drill = null;
  }

  /** Of the clients that the map is to show. */
  get crowdLocations(): ClientLocations {
    return this.crowd === "ours" ? this.locations : this.microsoftLocations;
  }

  receive<Name extends keyof LiveMessages>(name: Name, data: LiveMessages[Name]): void {
    this.#receivers[name](data);
  }

  readonly #receivers: { [Name in keyof LiveMessages]: (data: LiveMessages[Name]) => void } = {
    environment: (environment) => {
      this.wasComparing = this.environment?.isComparing ?? false;
      this.environment = environment;
    },
    clients: (changes: ClientChange[]) => this.locations.apply(changes),
    rates: (rates) => {
      this.rates = [...this.rates, rates].slice(-SECONDS_KEPT);
    },
    microsoftClients: (changes: ClientChange[]) => this.microsoftLocations.apply(changes),
    figures: (figures) => {
      this.figures = figures;
    },
    log: (more) => {
      this.log = [...this.log, ...more].slice(-maxLogLines);
    },
    events: (more) => {
      this.events = [...this.events, ...more].slice(-maxEvents);
    },
    drill: (drill) => {
      this.drill = drill;
    },
  };
}
