import type { OperationOptions } from "@azure/core-client";
import type { AllowUndefined } from "./allow-undefined.ts";

/**
 * What every operation takes, besides what the SDK's takes. When its `abortSignal` ends the call,
 * endpoints that have not answered by then are `failed`; it does not count against them.
 */
export interface CallOptions extends AllowUndefined<OperationOptions> {
  /**
   * Deadline of the whole call, or of each page of a list, in milliseconds.
   * @default fanOut.timeoutInMs
   */
  timeoutInMs?: number | undefined;
  /**
   * Deadline for each endpoint, retries included, in milliseconds.
   * @default fanOut.endpointTimeoutInMs
   */
  endpointTimeoutInMs?: number | undefined;
}

/** What every operation takes that wants something done. */
export interface CommandOptions extends CallOptions {
  /**
   * What it takes to succeed: one endpoint that accepts, or all, those that are out of use
   * included. Endpoints that do not have the connection or user do not count.
   * @default "any"
   */
  require?: "any" | "all" | undefined;
}
