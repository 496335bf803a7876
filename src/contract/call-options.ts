import type { OperationOptions } from "@azure/core-client";

/** What every operation takes, besides what the SDK's takes. */
export interface CallOptions extends OperationOptions {
  /** Deadline of the whole call; of each page of a list. Default `fanOut.timeoutInMs` (ms). */
  timeoutInMs?: number;
  /** Deadline for each endpoint, retries included. Default `fanOut.endpointTimeoutInMs` (ms). */
  endpointTimeoutInMs?: number;
}

/** What every operation takes that wants something done. */
export interface CommandOptions extends CallOptions {
  /**
   * What it takes to succeed: one endpoint that accepts, or all, those that are out of use
   * included. Endpoints that do not have the connection or user do not count. Default `any`.
   */
  require?: "any" | "all";
}
