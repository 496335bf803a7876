import { callWithin } from "../service/call-within.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { classifyFailure } from "../service/failure.ts";
import type { ProbeOptions } from "./probe.ts";

/**
 * `rejected` when the service refuses our credentials; `failed` when it did not get as far as that;
 * `inconclusive` when the check was ended early, or failed for a reason of this process.
 */
export type CredentialCheckResult = "accepted" | "rejected" | "failed" | "inconclusive";

// Any name will do; that nobody is in it is an answer as good as any.
const GROUP = "resilient-pubsub-credential-check";

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
  { checkClient }: Endpoint,
  { timeoutInMs, signal }: ProbeOptions,
): Promise<CredentialCheckResult | "stalled"> {
  try {
    await callWithin(timeoutInMs, signal, (abortSignal) =>
      checkClient.groupExists(GROUP, { abortSignal }),
    );
    return "accepted";
  } catch (error) {
    const { kind, evidence } = classifyFailure(error);
    if (signal.aborted || kind === "own-exhaustion") return "inconclusive";
    if (kind === "own-stall") return "stalled";
    if (evidence === "rejected") return "rejected";
    // The service knew who we are and minded something else, such as our pace.
    return kind === "answer" && evidence === "none" ? "accepted" : "failed";
  }
}
