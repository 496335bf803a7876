import { ResilientPubSubError } from "../errors.ts";

/**
 * Whether the error of a real call speaks against the endpoint: a network failure, a missed
 * deadline or a 5xx. A 4xx speaks against the caller's input.
 */
export function speaksAgainstEndpoint(error: unknown): boolean {
  if (error instanceof ResilientPubSubError) return error.code === "ERR_DEADLINE_EXCEEDED";
  if (!(error instanceof Error)) return false;
  if ("statusCode" in error && typeof error.statusCode === "number") return error.statusCode >= 500;
  return "code" in error && error.name !== "AbortError" && error.name !== "TypeError";
}
