import { RequestRefused } from "../http/problem.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import type { EventHeaders } from "./event-headers.ts";
import type { UpstreamAnswer } from "./stand-ins.ts";

const PUBLISH_EVENT = "azure.webpubsub.user.resilient-pubsub.publish";

/** Has a message of a client logged and sent, and tells where it is in the stream of its group. */
export type Publish = (event: {
  readonly userId: string | undefined;
  readonly connectionId: string;
  readonly body: Buffer;
}) => Promise<string>;

/** Whether it is an event of this package's own client, of which the application does not hear. */
export const isPublishType = (type: string): boolean => type === PUBLISH_EVENT;

/**
 * What the client is answered. Of an event that fails, the service tells the client no more than
 * that, so only what may be published again does; what is refused for good is an answer that says so.
 *
 * @throws RequestRefused when it may be published again
 */
export async function answerPublish(
  publish: Publish,
  { all, connectionId }: EventHeaders,
  body: Buffer,
): Promise<UpstreamAnswer> {
  const { "ce-userid": userId } = all;
  try {
    const known = userId === undefined ? undefined : String(userId);
    return answer({ position: await publish({ userId: known, connectionId, body }) });
  } catch (error) {
    if (error instanceof RequestRefused) {
      const { code, detail: message } = error.problem;
      return answer({ error: { code, message } });
    }
    if (error instanceof ResilientPubSubError) throw unavailable();
    throw error;
  }
}

function answer(body: object): UpstreamAnswer {
  const headers = new Map([["Content-Type", "application/json; charset=utf-8"]]);
  return { status: 200, headers, body: JSON.stringify(body) };
}

function unavailable(): RequestRefused {
  const detail = "The store of the history is away; publish it again.";
  return new RequestRefused({ status: 503, code: "ERR_HISTORY_UNAVAILABLE", detail });
}
