/** What became of one operation on every endpoint, in the order of configuration. */
export interface FanOutReport {
  /**
   * Names of the endpoints that accepted the operation; the service accepts a message that nobody
   * gets.
   */
  readonly delivered: string[];
  /** Endpoints that were asked and refused, failed, or did not answer in time. */
  readonly failed: {
    /** Name of the endpoint. */
    readonly endpoint: string;
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
  /** HTTP status of its last answer, if there was one. */
  readonly status: number | undefined;
  /** How often it was asked, retries included; 0 when it was not. */
  readonly attempts: number;
  /**
   * From the first attempt to the end of the last, with the pauses between them, in milliseconds.
   */
  readonly durationInMs: number;
}
