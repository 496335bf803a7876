/**
 * How the reason begins that displaced clients are closed with; the name of their primary follows,
 * as in `failback: eastus`.
 */
export const FAILBACK_REASON_PREFIX = "failback: ";

/**
 * How the reason begins that clients are given when they are closed because all are to be elsewhere:
 * servers have agreed on another endpoint, or theirs is evacuated. The name of the endpoint that is
 * served instead follows.
 */
export const MOVE_REASON_PREFIX = "moved: ";

/**
 * What tells of the end of a connection: `disconnected` of this package's client or of Microsoft's,
 * the event that `onDisconnected` of the app server gets, or the `CloseEvent` of a WebSocket.
 */
export type ClosedEvent =
  | {
      /** Of a client's event: the connection that has ended. */
      readonly connectionId?: string | undefined;
      /** Of a client's event: the service's last frame; undefined when there was none. */
      readonly message?:
        | {
            /** What the service says of the end. */
            readonly message?: string | undefined;
          }
        | undefined;
    }
  | {
      /** Of an app server's event or a `CloseEvent`: what is said of the end. */
      readonly reason?: string | undefined;
    };

const SENTENCE = "Application server closed the connection.";
const REASON = " Reason: ";

/** What the service says of a close by an app server. */
export const closeSentence = (reason: string): string =>
  reason === "" ? SENTENCE : SENTENCE + REASON + reason;

/**
 * The reason that an app server gave when it closed the connection (`pubsub.closeConnection`, a
 * failback, an evacuation), without the sentence that the service puts before it: `Application
 * server closed the connection. Reason: ...`. Works where there is no such sentence as well.
 *
 * @param event Of `disconnected` of this package's client or of Microsoft's, of `onDisconnected` of
 * the app server, or of `close` of a WebSocket. The service leaves the reason of the latter empty.
 * @returns Undefined when there was none.
 * @example
 * ```ts
 * client.on("disconnected", (event) => {
 *   if (closeReasonOf(event)?.startsWith(FAILBACK_REASON_PREFIX)) console.log("called home");
 * });
 * ```
 */
export function closeReasonOf(event: ClosedEvent): string | undefined {
  const said = saidOf(event);
  if (said === SENTENCE) return undefined;
  const start = said?.startsWith(SENTENCE + REASON) ? (SENTENCE + REASON).length : 0;
  return said?.slice(start) || undefined;
}

/** The `reason` of a client's event is the platform's, such as `read ECONNRESET`. */
function saidOf(event: ClosedEvent): string | undefined {
  if ("message" in event) return event.message?.message;
  return "reason" in event && !("connectionId" in event) ? event.reason : undefined;
}
