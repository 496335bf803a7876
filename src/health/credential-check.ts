import { withDeadline } from "../kit/deadline.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { isOwnExhaustion } from "../service/own-exhaustion.ts";
import { signalOf } from "../service/passive-signal.ts";
import type { ProbeOptions } from "./probe.ts";

/**
 * `rejected` when the service refuses our credentials; `failed` when it did not get as far as that;
 * `inconclusive` when the check was ended early, or failed for a reason of this process.
 */
export type CredentialCheckResult = "accepted" | "rejected" | "failed" | "inconclusive";

// Any name will do; that nobody is in it is an answer as good as any.
const group = "resilient-pubsub-credential-check";

/**
 * One call that needs credentials and changes nothing. The health route needs none, so it stays
 * green when a key has been rotated away or a role was taken back. A check whose deadline passed
 * unnoticed because this process was busy is repeated. Never rejects.
 */
export async function checkCredentials(
  endpoint: Endpoint,
  options: ProbeOptions,
): Promise<CredentialCheckResult> {
  for (;;) {
    const result = await attempt(endpoint, options);
    if (result !== "stalled") return result;
  }
}

async function attempt(
  { client }: Endpoint,
  { timeoutInMs, signal }: ProbeOptions,
): Promise<CredentialCheckResult | "stalled"> {
  try {
    await withDeadline(timeoutInMs, signal, (abortSignal) =>
      client.groupExists(group, { abortSignal }),
    );
    return "accepted";
  } catch (error) {
    if (signal.aborted || isOwnExhaustion(error)) return "inconclusive";
    if ((error as { isOwnStall?: boolean }).isOwnStall) return "stalled";
    if (signalOf(error) === "rejected") return "rejected";
    return isAnswerBelow500(error) ? "accepted" : "failed";
  }
}

/** The service knew who we are and minded something else, such as our pace. */
function isAnswerBelow500(error: unknown): boolean {
  const { name, statusCode } = (error ?? {}) as Record<string, unknown>;
  return name === "RestError" && typeof statusCode === "number" && statusCode < 500;
}
