/**
 * Why an endpoint did not accept an operation:
 *
 * - `refused-message`: it refused this one alone, and takes others. That is so for an answer such as
 *   400 or 413; after 401, 403, 5xx, a reset or a timeout a send of the plugin's own has been accepted.
 * - `endpoint`: it takes nothing, as far as is known, or minds the pace (429).
 * - `local`: nothing was asked of it, or the answer was not waited for: this process is out of
 *   sockets or was blocked, or the caller has taken it back.
 */
export type FailureReason = "refused-message" | "endpoint" | "local";

/**
 * Whether a message can be caught up with later:
 *
 * - `logged`: it is in the history, from where endpoints that have not accepted it are sent it again.
 * - `bypassed`: it was sent, but the store of the history was away; clients are told of the gap.
 * - `untracked`: it is of no stream, such as one for a single connection, or with a `filter`.
 */
export type HistoryOutcome = "logged" | "bypassed" | "untracked";

/** What became of one operation on every endpoint, in the order of configuration. */
export interface FanOutReport {
  /** Of a message, with the option `history`; absent for all else. */
  readonly history?: HistoryOutcome | undefined;
  /**
   * Names of the endpoints that accepted the operation; the service accepts a message that nobody
   * gets.
   */
  readonly delivered: string[];
  /** Endpoints that were asked and refused, failed, or did not answer in time. */
  readonly failed: {
    /** Name of the endpoint. */
    readonly endpoint: string;
    /** Whose fault it is. */
    readonly reason: FailureReason;
    /** HTTP status of its last answer, if there was one. */
    readonly status: number | undefined;
    /** Such as the SDK's `RestError`, or a `ResilientPubSubError` `ERR_DEADLINE_EXCEEDED`. */
    readonly error: unknown;
  }[];
  /** Endpoints that had no part in it. */
  readonly skipped: {
    /** Name of the endpoint. */
    readonly endpoint: string;
    /**
     * Why: out of use, such as `refused` or `status(503)`; `other-endpoint`, since the connection
     * is known to be on another one; or `not-found`, since it has answered that it does not have
     * the connection or user.
     */
    readonly reason: string;
  }[];
  /** The same in figures, one for each endpoint; not printed and not in the JSON of a report. */
  readonly outcomes: EndpointOutcome[];
}

/** What became of an operation on one endpoint. */
export interface EndpointOutcome {
  /** Name of the endpoint. */
  readonly endpoint: string;
  /** In which list of the report it is. */
  readonly outcome: "delivered" | "failed" | "skipped";
  /** Whose fault it is that it failed; undefined when it did not. */
  readonly reason: FailureReason | undefined;
  /** HTTP status of its last answer, if there was one. */
  readonly status: number | undefined;
  /** How often it was asked, retries included; 0 when it was not. */
  readonly attempts: number;
  /**
   * From the first attempt to the end of the last, with the pauses between them, in milliseconds.
   */
  readonly durationInMs: number;
}
