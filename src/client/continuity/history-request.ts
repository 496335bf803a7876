import type { AppServer, Review } from "../app-server.ts";
import type { Message } from "../continuity-port.ts";
import { interpretFrame } from "../frames.ts";
import { readPosition } from "./envelope.ts";
import type { StreamAnswer } from "./stream-state.ts";

// The server gives 1 MiB of a stream at most, of up to 64 streams.
const maxAnswerInBytes = 64 * 1024 * 1024;

export interface HistoryAnswer {
  readonly answers: ReadonlyMap<string, StreamAnswer<Message>>;
  /** Says nothing where none was asked for. */
  readonly review: Review;
}

/** Asks one app server for what was missed. @throws whatever is no answer to that */
export async function readHistory(
  server: AppServer,
  body: string,
  signal: AbortSignal,
): Promise<HistoryAnswer> {
  const init = { method: "POST", body, signal };
  const { streams, review, spreadInMs } = await server.ask("/history", init, {}, maxAnswerInBytes);
  const answers = new Map<string, StreamAnswer<Message>>();
  for (const [name, stream] of Object.entries(streams as Record<string, WireStream>)) {
    const { position, recovered, reason, messages = [] } = stream;
    answers.set(name, {
      position: readPosition(position),
      recovered: recovered === true,
      reason,
      messages: messages.flatMap((each) => readMessage(name, each)),
    });
  }
  return { answers, review: { ...(review as Review), spreadInMs } };
}

interface WireStream {
  readonly position?: unknown;
  readonly recovered?: unknown;
  readonly reason?: string;
  readonly messages?: readonly WireMessage[];
}

interface WireMessage {
  readonly o: number;
  readonly id?: string;
  readonly t: string;
  readonly d?: unknown;
  readonly u?: string;
  readonly skip?: unknown;
}

/** As it would have come live; none if it cannot be read, which makes a hole. */
function readMessage(
  name: string,
  { o: offset, id, t: dataType, d: data, u: fromUserId, skip }: WireMessage,
): StreamAnswer<Message>["messages"] {
  if (skip) return [{ offset, id: undefined, message: undefined }];
  const sender = fromUserId && { fromUserId };
  const origin = name.startsWith("g:")
    ? { from: "group", group: name.slice(2), ...sender }
    : { from: "server" };
  try {
    const message = interpretFrame({ type: "message", ...origin, dataType, data });
    return message && id ? [{ offset, id, message: message as Message }] : [];
  } catch {
    return [];
  }
}
