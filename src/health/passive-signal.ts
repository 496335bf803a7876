/**
 * Whether the error of a real call speaks against the endpoint: a network failure, a missed
 * deadline or a 5xx. A 4xx speaks against the caller's input.
 */
export function speaksAgainstEndpoint(error: unknown): boolean {
  const { name, code, statusCode } = (error ?? {}) as Record<string, unknown>;
  if (typeof statusCode === "number") return statusCode >= 500;
  if (code === "ERR_DEADLINE_EXCEEDED") return true;
  return typeof code === "string" && name !== "AbortError" && name !== "TypeError";
}
