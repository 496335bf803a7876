import { withDeadline } from "../deadline.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import { signalOf } from "./passive-signal.ts";
import type { ProbeOptions } from "./probe.ts";

/**
 * `rejected` when the service refuses our credentials; `failed` when it did not get as far as that;
 * `inconclusive` when the check was ended early.
 */
export type CredentialCheckResult = "accepted" | "rejected" | "failed" | "inconclusive";

// Any name will do; that nobody is in it is an answer as good as any.
const group = "resilient-pubsub-credential-check";

/**
 * One call that needs credentials and changes nothing. The health route needs none, so it stays
 * green when a key has been rotated away or a role was taken back. Never rejects.
 */
export async function checkCredentials(
  { client }: Endpoint,
  { timeoutInMs, signal }: ProbeOptions,
): Promise<CredentialCheckResult> {
  try {
    await withDeadline(timeoutInMs, signal, (abortSignal) =>
      client.groupExists(group, { abortSignal }),
    );
    return "accepted";
  } catch (error) {
    if (signal.aborted) return "inconclusive";
    const verdict = signalOf(error);
    if (verdict === "rejected") return "rejected";
    return verdict === "failure" ? "failed" : "accepted";
  }
}
