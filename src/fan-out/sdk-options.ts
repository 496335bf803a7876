import type { OperationOptions } from "@azure/core-client";
import type { CommandOptions } from "../contract/call-options.ts";

/** Those that the SDK knows, as they are now: the caller may go on to change a list. */
export function sdkOptionsOf(
  options: CommandOptions & { contentType?: unknown; excludedConnections?: string[] },
): OperationOptions {
  const { timeoutInMs, endpointTimeoutInMs, require, contentType, ...sdkOptions } = options;
  const { excludedConnections } = sdkOptions;
  if (excludedConnections) sdkOptions.excludedConnections = [...excludedConnections];
  return sdkOptions;
}
