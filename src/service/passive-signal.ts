import { isOwnExhaustion } from "./own-exhaustion.ts";

/**
 * What the error of a real call says of its endpoint: `failure` is a network failure, a missed
 * deadline or a 5xx; `rejected` is a 401 or 403, which no health check can see; undefined is for
 * whatever speaks against the caller's input or this process, or was taken back.
 */
export type PassiveSignal = "failure" | "rejected" | undefined;

export function signalOf(error: unknown): PassiveSignal {
  const { name, code, statusCode, isOwnStall } = (error ?? {}) as Record<string, unknown>;
  if (typeof statusCode === "number") return signalOfStatus(statusCode);
  if (code === "ERR_DEADLINE_EXCEEDED") return isOwnStall === true ? undefined : "failure";
  if (isOwnExhaustion(error)) return undefined;
  const isNetworkFailure =
    typeof code === "string" && name !== "AbortError" && name !== "TypeError";
  return isNetworkFailure ? "failure" : undefined;
}

function signalOfStatus(status: number): PassiveSignal {
  if (status === 401 || status === 403) return "rejected";
  return status >= 500 ? "failure" : undefined;
}
