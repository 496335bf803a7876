import { type AppServer, type Review, spreadOf } from "../app-server.ts";
import type { Message } from "../continuity-port.ts";
import { NegotiateError } from "../errors.ts";
import { decodeData } from "../frames.ts";
import { readJson, readRefusal } from "../negotiate-request.ts";
import { isObject } from "../options.ts";
import { readPosition } from "./envelope.ts";
import type { StreamAnswer } from "./positions.ts";

// The server gives 1 MiB of a stream at most, of up to 64 streams.
const maxAnswerInBytes = 64 * 1024 * 1024;

export interface HistoryAnswer {
  readonly answers: ReadonlyMap<string, StreamAnswer<Message>>;
  /** Undefined where none was asked for. */
  readonly review: Review;
}

/** Asks one app server for what was missed. @throws NegotiateError */
export async function readHistory(
  server: AppServer,
  body: string,
  signal: AbortSignal,
): Promise<HistoryAnswer> {
  const response = await server.fetch(server.at("/history"), {
    method: "POST",
    body,
    redirect: "error",
    signal,
  });
  if (!response.ok) throw await readRefusal(response, signal);
  const answer = await readJson(response, maxAnswerInBytes);
  if (!isObject(answer) || !isObject(answer.streams)) throw new NegotiateError("No history.");
  const answers = new Map<string, StreamAnswer<Message>>();
  for (const [name, stream] of Object.entries(answer.streams)) {
    if (isObject(stream)) answers.set(name, readStream(name, stream));
  }
  const review = isObject(answer.review) ? answer.review : {};
  return { answers, review: { ...review, spreadInMs: spreadOf(response) } };
}

function readStream(
  name: string,
  { position, recovered, reason, messages }: Readonly<Record<string, unknown>>,
): StreamAnswer<Message> {
  return {
    position: readPosition(position),
    recovered: recovered === true,
    reason: typeof reason === "string" ? reason : undefined,
    messages: (Array.isArray(messages) ? messages : []).flatMap((each) => readMessage(name, each)),
  };
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
  { o: offset, id, t: dataType, d, u, skip }: WireMessage,
): StreamAnswer<Message>["messages"] {
  if (skip) return [{ offset, id: undefined, message: undefined }];
  const data = decode(dataType, d);
  if (id === undefined || data === undefined) return [];
  const group = name.startsWith("g:") ? name.slice(2) : undefined;
  const message = {
    ...(group === undefined
      ? { kind: "serverData" }
      : { kind: "groupData", group, ...(u !== undefined && { fromUserId: u }) }),
    dataType,
    data,
  };
  return [{ offset, id, message: message as Message }];
}

function decode(dataType: string, data: unknown): Message["data"] | undefined {
  try {
    return decodeData({ dataType, data });
  } catch {
    return undefined;
  }
}
