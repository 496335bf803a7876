import type { NegotiateAnswer } from "express-resilient-pubsub";

const TIMEOUT_IN_MS = 5000;

/**
 * Asks an app server where to connect.
 *
 * @param failed The endpoint that has just failed the caller, if one has.
 */
export async function negotiate(
  serverUrl: string,
  user: string,
  failed?: string,
): Promise<NegotiateAnswer> {
  const query = new URLSearchParams({ user, ...(failed && { failed }) });
  const response = await fetch(`${serverUrl}/negotiate?${query}`, {
    signal: AbortSignal.timeout(TIMEOUT_IN_MS),
  });
  if (!response.ok) throw new Error(`negotiate was answered ${response.status}`);
  return (await response.json()) as NegotiateAnswer;
}
