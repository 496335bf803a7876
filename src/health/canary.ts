import type { FailureReason } from "../contract/fan-out-report.ts";
import { callWithin } from "../service/call-within.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { classifyFailure, type Failure } from "../service/failure.ts";
import type { ProbeOptions } from "./probe.ts";

/**
 * What became of a canary: `passed` when the endpoint took it, `rejected` when it refuses our
 * credentials, `failed` when it did anything else; `inconclusive` when the canary was ended early,
 * or failed for a reason of this process.
 */
export type CanaryResult =
  | { readonly kind: "passed" }
  | { readonly kind: "inconclusive" }
  | ({ readonly kind: "failed" } & Answer)
  | ({ readonly kind: "rejected"; readonly clockSkewInMs?: number | undefined } & Answer);

/** What one that was not taken was answered, or failed with. */
interface Answer {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
}

// Nobody is in it: no client receives the canary, and the service bills no delivery for it.
const GROUP = "resilient-pubsub.canary";
const MESSAGE = "canary";

/**
 * Sends one message of our own to nobody. But for sockets of its own, it goes through what all sends
 * go through, and nothing about it depends on what applications and their users say, so its failure
 * is the endpoint's. The health route does not need credentials and does not send. A canary whose
 * deadline passed unnoticed because this process was busy is repeated. Never rejects.
 */
export async function sendCanary(endpoint: Endpoint, options: ProbeOptions): Promise<CanaryResult> {
  for (;;) {
    const result = await attempt(endpoint, options);
    if (result.kind !== "stalled") return result;
  }
}

async function attempt(
  { checkClient }: Endpoint,
  { timeoutInMs, signal }: ProbeOptions,
): Promise<CanaryResult | { readonly kind: "stalled" }> {
  try {
    await callWithin(timeoutInMs, signal, (abortSignal) =>
      checkClient.group(GROUP).sendToAll(MESSAGE, { contentType: "text/plain", abortSignal }),
    );
    return { kind: "passed" };
  } catch (error) {
    return signal.aborted ? { kind: "inconclusive" } : resultOf(classifyFailure(error));
  }
}

/**
 * Whose fault a failed call is.
 *
 * @param canary What a canary of that moment says, if there was one.
 */
export function faultOf({ fault }: Failure, canary: CanaryResult | undefined): FailureReason {
  switch (canary?.kind) {
    case "passed":
      return "refused-message";
    case "rejected":
    case "failed":
      return "endpoint";
    default:
      return fault;
  }
}

function resultOf(failure: Failure): CanaryResult | { readonly kind: "stalled" } {
  const { kind, status, code, evidence, clockSkewInMs } = failure;
  if (kind === "own-stall") return { kind: "stalled" };
  if (kind === "own-exhaustion") return { kind: "inconclusive" };
  if (evidence === "rejected") return { kind: "rejected", status, code, clockSkewInMs };
  // The service knew who we are, and minds our pace.
  if (kind === "answer" && status === 429) return { kind: "passed" };
  return { kind: "failed", status, code };
}
