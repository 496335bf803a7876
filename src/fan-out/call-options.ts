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

/** Those that the SDK knows, as they are now: the caller may go on to change a list. */
export function sdkOptionsOf(
  options: CommandOptions & { contentType?: unknown; excludedConnections?: string[] },
): OperationOptions {
  const { timeoutInMs, endpointTimeoutInMs, require, contentType, ...sdkOptions } = options;
  const { excludedConnections } = sdkOptions;
  if (excludedConnections) sdkOptions.excludedConnections = [...excludedConnections];
  return sdkOptions;
}
