import type { EndpointRole, EndpointState } from "./endpoint.ts";

/** What a client is told for the time when it has lost its connection, and others with it. */
export interface ReconnectAdvice {
  /** Over how many milliseconds the clients that lose their connections at once spread their negotiates. */
  readonly spreadInMs: number;
}

/** Where the streams of a client end, of which it gets all that comes after. */
export interface HistoryAdvice {
  /** For how many milliseconds messages are kept. */
  readonly ttlInMs: number;
  /**
   * Positions, `<epoch>:<offset>`, by the client's names of the streams: `a` for that of the hub, `u`
   * for that of its user, `g:<group>` for those of the groups in its token. Read before the token was
   * made. One that is missing is not kept, or the store has not answered in time.
   */
  readonly positions: Readonly<Record<string, string>>;
}

/** What a negotiating client is answered, as JSON. */
export interface NegotiateAnswer {
  /** WebSocket URL with access token. */
  readonly url: string;
  /** Name of the endpoint behind it, to be given back as `?failed=` if it does not work out. */
  readonly endpoint: string;
  /** What that endpoint is for the app server that answered. */
  readonly role: EndpointRole;
  /** Until when the token can be used to connect, ISO 8601. */
  readonly expiresAt: string;
  /** In the client-client topology: the number of the servers' agreement on that endpoint. */
  readonly epoch?: number | undefined;
  /**
   * In the client-client topology: what tells that agreement from another one of the same number,
   * which there may be after the servers' store has lost something.
   */
  readonly incarnation?: string | undefined;
  /**
   * How often a connected client should ask whether it is to stay, in milliseconds. Absent where
   * `negotiate.reviewAfterInMs` is false.
   */
  readonly reviewAfterInMs?: number | undefined;
  /**
   * What it asks that with, and what it missed. It expires with the token, and is good for all app
   * servers. Given back as `&grant=`, what it lets the client read stays readable.
   */
  readonly grant?: string | undefined;
  /** How to come back after a loss; absent while nothing is known of how many would. */
  readonly reconnect?: ReconnectAdvice | undefined;
  /** Only for a client that has asked for it by `?history=1`, where `history` keeps what is sent. */
  readonly history?: HistoryAdvice | undefined;
  /** Only for a caller that has asked for it by `?explain`, and whom `negotiate.explain` lets. */
  readonly explanation?: NegotiateExplanation | undefined;
}

/** Why a negotiate was answered with one endpoint, and not with another. */
export interface NegotiateExplanation {
  /** The endpoint; undefined when none could be chosen. */
  readonly chosen: string | undefined;
  /** What the `router` has answered; undefined when it was not asked, or has not said. */
  readonly routed: string | undefined;
  /** Every endpoint, in the order of configuration. */
  readonly endpoints: readonly EndpointExplanation[];
}

/** What one endpoint was to a negotiate. */
export interface EndpointExplanation {
  /** Its name. */
  readonly endpoint: string;
  /** As configured. */
  readonly role: EndpointRole;
  /** Whether it works, as far as this app server knows. */
  readonly state: EndpointState;
  /** The same in one word, with why it is not used. */
  readonly reason: string;
  /** As configured; undefined when it was left out. */
  readonly weight: number | undefined;
  /** Whether it has as many clients as it may have. */
  readonly full: boolean;
  /** Taken out of negotiate by an operator. */
  readonly drained: boolean;
  /** Preferred by an operator over every other endpoint. */
  readonly forced: boolean;
  /** Why it was chosen, or was not: for people. */
  readonly why: string;
}
