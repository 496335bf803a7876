import type { OnDisconnectedArgs } from "./client-events.ts";

// The service's own sentence, and what stands between it and a reason that an app server gave.
const SENTENCE = /^Application server closed the connection\.(?: Reason: )?/;

/**
 * The reason that an app server gave when it closed the connection (`pubsub.closeConnection`, a
 * failback, an evacuation), without the sentence that the service puts before it.
 *
 * @param event Of `disconnected`, of this client or of the official one.
 * @returns Undefined when there was none.
 * @example
 * ```ts
 * client.on("disconnected", (event) => {
 *   if (closeReasonOf(event)?.startsWith(FAILBACK_REASON_PREFIX)) console.log("called home");
 * });
 * ```
 */
export function closeReasonOf({
  message,
}: Pick<OnDisconnectedArgs, "message">): string | undefined {
  return message?.message?.replace(SENTENCE, "") || undefined;
}
