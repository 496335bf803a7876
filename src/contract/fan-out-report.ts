/** What became of one operation on every endpoint, in the order of configuration. */
export interface FanOutReport {
  /** Names of the endpoints that accepted the operation. */
  readonly delivered: string[];
  /** Endpoints that were asked and refused, failed, or did not answer in time. */
  readonly failed: { readonly endpoint: string; readonly error: unknown }[];
  /**
   * Endpoints that had no part in it, and why: out of use, such as `refused` or `status(503)`;
   * `other-endpoint`, since the connection is known to be on another one; or `not-found`, since they have
   * answered that they do not have the connection or user.
   */
  readonly skipped: { readonly endpoint: string; readonly reason: string }[];
  /** The same in figures, one for each endpoint; not printed and not in the JSON of a report. */
  readonly outcomes: EndpointOutcome[];
}

/** What became of an operation on one endpoint. */
export interface EndpointOutcome {
  readonly endpoint: string;
  readonly outcome: "delivered" | "failed" | "skipped";
  /** HTTP status of its last answer, if there was one. */
  readonly status: number | undefined;
  /** How often it was asked; 0 when it was not. */
  readonly attempts: number;
  /** From the first attempt to the end of the last, with the pauses between them. */
  readonly durationInMs: number;
}
