/*
 * What the control server sends to the page, and what the page may ask of it. Types only, for both sides.
 *
 * `GET /api/live` is a stream of server-sent events. Each is named as in `LiveMessages`, its data is
 * that type as JSON. A new listener first receives `environment`, all `clients` and
 * `microsoftClients`, `figures`, the last 100 `events` and `log` lines, and `drill`; then what changes. Whoever comes back after a cut receives all of that anew.
 */

export type Topology = "client-server" | "client-client";
/** Paced: the app servers close the clients that are displaced, so many a second. */
export type Failback = "natural" | "paced";

export const FAULT_NAMES = [
  "crash",
  "blackhole",
  "slow",
  "throttle",
  "access-denied",
  "gray",
  "key-rotated",
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

export interface LiveMessages {
  environment: EnvironmentView;
  clients: ClientChange[];
  microsoftClients: ClientChange[];
  rates: RatesView;
  figures: FiguresView;
  events: DemoEvent[];
  log: LogLine[];
  drill: DrillView | null;
}

/** Sent when something of it has changed, at most ten times a second. */
export interface EnvironmentView {
  /** Real Azure has no fault buttons; the page says what to click in the portal instead. */
  readonly mode: "emulated" | "azure";
  readonly topology: Topology;
  readonly failback: Failback;
  readonly endpoints: readonly EndpointView[];
  readonly servers: readonly ServerView[];
  /** So many clients are wanted, and so many of them are connected. */
  readonly clientCounts: { readonly wanted: number; readonly connected: number };
  /** Each running app server broadcasts so often; 0 is never. */
  readonly broadcastEveryInMs: number;
  /** Some of Microsoft's clients go through the same. */
  readonly isComparing: boolean;
  /** Client-client: the agreement of the app servers. */
  readonly agreement: { readonly epoch: number; readonly active: string } | null;
}

export interface EndpointView {
  readonly name: string;
  readonly fault: FaultName | null;
  readonly isDrained: boolean;
  readonly isForced: boolean;
}

export interface ServerView {
  /** The region of the app server; its primary has that name. */
  readonly region: string;
  readonly url: string;
  readonly isRunning: boolean;
  /** The endpoint that its negotiate answers with now; null when it answers nobody. */
  readonly answers: string | null;
  readonly links: readonly LinkView[];
}

export interface LinkView {
  readonly endpoint: string;
  readonly role: "primary" | "secondary";
  readonly health: "healthy" | "unhealthy" | "unknown";
  /** Why it is unhealthy, as the plugin says it. */
  readonly reason: string | null;
}

/**
 * One simulated client: id; index of its home region in `servers`; index of its endpoint in `endpoints`,
 * -1 without a connection. An id that is gone is taken back by `[id, -1, -1]`.
 */
export type ClientChange = [id: number, homeRegion: number, endpoint: number];

/** `GET /api/clients/:id`. */
export interface ClientView {
  readonly id: number;
  readonly homeRegion: string;
  readonly endpoint: string | null;
  readonly moves: number;
  /** Of the last move. */
  readonly downtimeInMs: number | null;
  readonly messages: number;
}

/** Sent once a second, of the second before. */
export interface RatesView {
  /** Epoch milliseconds of its end. */
  readonly at: number;
  /** Negotiate answers by endpoint, in the order of `endpoints`. */
  readonly answers: readonly number[];
  /** Negotiates that were refused or failed. */
  readonly refused: number;
  /** Messages that simulated clients have heard, by their endpoint. */
  readonly delivered: readonly number[];
  /** Simulated clients without a connection, at the end. */
  readonly without: number;
}

/**
 * What clients have gone through since the last thing that was done to the environment. Sent when
 * something of it has changed, at most ten times a second.
 */
export interface FiguresView {
  /** What was done, and when, in epoch milliseconds; null when nothing was. */
  readonly since: { readonly at: number; readonly text: string } | null;
  readonly crowds: {
    /** Clients of this project that use `continuity()`, and those that do not. */
    readonly withHistory: CrowdFigures;
    readonly withoutHistory: CrowdFigures;
    /** Those of Microsoft's package; null until somebody wants to compare. */
    readonly microsoft: CrowdFigures | null;
  };
}

/** Since then. `clients`, `without` and `deaf` are as of now. */
export interface CrowdFigures extends DeliveryCounts {
  /** Without a connection. */
  readonly without: number;
  /** With a connection, and they do not hear what others have heard for a while. */
  readonly deaf: number;
  /** Moves away from where they were; null before the first. */
  readonly failover: MoveFigures | null;
  /** Moves home. */
  readonly failback: MoveFigures | null;
}

/** How long clients had no connection while they moved. */
export interface MoveFigures {
  readonly moves: number;
  readonly p50InMs: number;
  readonly p99InMs: number;
}

/** How the two halves of the simulated clients have heard the numbered broadcasts, since the demo began. */
export interface DeliveriesView {
  /** Those that use `continuity()`. */
  readonly withHistory: DeliveryCounts;
  readonly withoutHistory: DeliveryCounts;
}

/** Each broadcast counts once for each client. */
export interface DeliveryCounts {
  /** So many clients there are now. */
  readonly clients: number;
  /** From the first that a client has heard to the last one, whether it heard those between or not. */
  readonly sent: number;
  /** Of these, not heard, though a later one was. */
  readonly missed: number;
  /** Missed without the client having been told that something is missing. */
  readonly missedUntold: number;
  /** Read from the history, later than they were sent. */
  readonly replayed: number;
  readonly doubled: number;
  /** Heard after a later one of the same app server. */
  readonly outOfOrder: number;
}

export interface DemoEvent {
  /** Grows by one. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** `probeFailed`, an event of the plugin, `fault`, `healed`, `operator`, `clients`, `clientEvent` ... */
  readonly kind: string;
  readonly tone: "good" | "bad" | "neutral";
  /** The region of the app server that it happened at, if it was one. */
  readonly server: string | null;
  readonly endpoint: string | null;
  /** A short sentence for people. That of a `clientEvent` contains what the client has said. */
  readonly text: string;
}

/** What the plugin of an app server has logged: what an operator would see. */
export interface LogLine {
  /** Grows by one. */
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly level: "error" | "warn" | "info";
  /** The region of the app server. */
  readonly server: string;
  readonly text: string;
}

/** The guided drill: what it has done so far. */
export interface DrillView {
  readonly state: "running" | "passed" | "failed" | "stopped";
  readonly steps: readonly DrillStepView[];
  /** What it has come to, in one line, once it has ended; null when nothing was measured. */
  readonly result: string | null;
  /** The report, once it has ended. */
  readonly markdown: string | null;
}

export interface DrillStepView {
  readonly id: string;
  readonly title: string;
  /** Two or three sentences that say what is to be seen and why. */
  readonly caption: string;
  /** 1 to 3 as in Microsoft's guidance, when the map now shows that figure. */
  readonly figure: number | null;
  readonly state: "waiting" | "running" | "done" | "failed";
  /** Why it has failed, in a sentence; null unless it has. */
  readonly reason: string | null;
  /** Measured while it ran. */
  readonly figures: readonly Measured[];
}

export interface Measured {
  readonly label: string;
  readonly value: number;
  readonly unit: "ms" | "clients" | "messages" | "answers" | "";
}

/*
 * Orders. All are `POST` with JSON under `/api/control`, from this machine and this page only, and are
 * answered 204, or 4xx and 5xx with `{ "error": "a sentence" }`.
 *
 *   /endpoints/:name/fault     { "fault": FaultName | null }        null heals
 *   /endpoints/:name/operator  { "order": "drain" | "undrain" | "evacuate" | "force" | "unforce" }
 *   /servers/:region           { "order": "stop" | "start" }
 *   /topology                  { "topology": Topology }
 *   /failback                  { "failback": Failback }
 *   /crowd                     { "size": 1 to 500 }
 *   /broadcasts                { "everyInMs": 0, or 100 to 60000 }
 *   /comparison                { "order": "start" | "stop" }       some of Microsoft's clients, too
 *   /drill                     { "order": "start" | "stop" }
 *
 * `GET /negotiate?home=<region>&user=<name>` asks the app server of that region as a client would, or
 * another one while it is stopped, as a global load balancer does. The tab itself is a client, too:
 * it hears what is broadcast, and says something by `sendEvent("chat", { text })`. What is said comes
 * back to all as a `ChatMessage`.
 */

/** Where clients of all regions publish to each other. */
export const TALK_GROUP = "talk";

/** A message that every client hears. */
export interface ChatMessage {
  readonly kind: "chat" | "broadcast";
  /** The user that said it, or the app server. */
  readonly from: string;
  readonly text: string;
  /** The region of the app server that received it and broadcast it; empty when it was published. */
  readonly server: string;
  /** Of a broadcast: grows by one with each of this app server. */
  readonly number?: number;
}
