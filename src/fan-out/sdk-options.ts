import type { OperationOptions } from "@azure/core-client";
import type { CommandOptions } from "../contract/call-options.ts";

/** The same options, with headers of ours. */
export function withHeaders<Options extends OperationOptions>(
  options: Options,
  headers: Readonly<Record<string, string>>,
): Options {
  const { requestOptions } = options;
  const customHeaders = { ...requestOptions?.customHeaders, ...headers };
  return { ...options, requestOptions: { ...requestOptions, customHeaders } };
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
