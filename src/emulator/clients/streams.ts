import type { StreamRequest } from "../protocol/client-request.ts";
import type { GroupMessage, Payload, StreamError } from "../protocol/message.ts";
import type { ServiceFrame } from "../protocol/service-frame.ts";
import { forbidden } from "./forbidden.ts";

type Start = Extract<StreamRequest, { kind: "streamStart" }>;
type Part = NonNullable<Extract<StreamRequest, { kind: "streamData" }>["part"]>;
type CloseError = NonNullable<Extract<ServiceFrame, { kind: "streamClosed" }>["error"]>;

/** The connection that sends the streams. */
export interface StreamPublisher {
  readonly userId: string | null;
  /** Whether it may send to the group now. */
  allows(group: string): boolean;
  publish(message: GroupMessage, options: { readonly noEcho: boolean }): void;
  send(frame: ServiceFrame): void;
}

interface OpenStream {
  readonly start: Start;
  readonly idle: NodeJS.Timeout;
  expectedSequenceId: number;
}

/** Ours: the service names no bounds, but what a client leaves open must not fill our memory. */
const maxOpenStreams = 1000;
const maxIdCharacters = 1024;

/**
 * Microsoft's client rejects what it is about when `streamClosed` is there before its own write has
 * been reported, as it is over TLS when the answer leaves in the same turn.
 */
const closingDelayInMs = 5;

/** Receivers skip a text that is empty, but drop a message without a type. */
const EMPTY_TEXT: Payload = { dataType: "text", text: "" };

/**
 * The streams that one connection sends to groups. They belong to the connection, so they outlive
 * its socket when it is recovered.
 */
export class Streams {
  readonly #publisher: StreamPublisher;
  readonly #open = new Map<string, OpenStream>();
  /** Of those that have ended and whose publisher has not been told yet. */
  readonly #closings = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(publisher: StreamPublisher) {
    this.#publisher = publisher;
  }

  get hasOpen(): boolean {
    return this.#open.size > 0;
  }

  handle(request: StreamRequest): void {
    if (this.#isClosed) return;
    const { kind, streamId } = request;
    const stream = this.#open.get(streamId);
    if (kind === "streamStart") this.#start(request);
    else if (kind === "badStream") this.#reject(streamId, request.message);
    else if (!stream) this.#sendClosed(streamId, NOT_FOUND);
    else if (kind === "streamData") this.#continue(stream, request.part);
    else {
      this.#end(stream, request.error && { name: "UserError", ...request.error });
      this.#sendClosed(streamId);
    }
  }

  /** The connection has ended: receivers learn that nothing more will come. */
  close(): void {
    this.#isClosed = true;
    for (const closing of this.#closings) clearTimeout(closing);
    this.#closings.clear();
    for (const stream of this.#open.values()) {
      this.#end(stream, { name: "Cancelled", message: "The publisher has gone." });
    }
  }

  /** A second start is refused, the stream that is open goes on. */
  #start(request: Start): void {
    const { streamId } = request;
    const error = this.#refusal(request);
    if (error) {
      this.#sendClosed(streamId, error);
      return;
    }
    const idle = setTimeout(() => this.#expire(streamId), request.idleTimeoutInMs).unref();
    this.#open.set(streamId, { start: request, idle, expectedSequenceId: 1 });
    this.#publisher.send({ kind: "streamAck", streamId, expectedSequenceId: 1 });
  }

  #refusal({ streamId, group }: Start): CloseError | undefined {
    const bad = (message: string): CloseError => ({ name: "BadRequest", message });
    if (streamId === "" || streamId.length > maxIdCharacters) {
      return bad(`The streamId must have 1 to ${maxIdCharacters} characters.`);
    }
    if (!this.#publisher.allows(group)) return forbidden("send to", group);
    if (this.#open.has(streamId)) return bad("The stream exists already.");
    return this.#open.size < maxOpenStreams
      ? undefined
      : bad(`A connection may have ${maxOpenStreams} open streams.`);
  }

  #continue(stream: OpenStream, part: Part | undefined): void {
    const { streamId, group } = stream.start;
    if (!this.#publisher.allows(group)) {
      const error = forbidden("send to", group);
      this.#end(stream, error);
      this.#sendClosed(streamId, error);
    } else if (part === undefined) {
      stream.idle.refresh();
    } else if (part.sequenceId < 1) {
      this.#reject(streamId, "The streamSequenceId starts at 1.");
    } else if (part.sequenceId > stream.expectedSequenceId) {
      this.#refuse(stream, part.sequenceId);
    } else {
      if (part.sequenceId === stream.expectedSequenceId) this.#accept(stream, part);
      const { expectedSequenceId } = stream;
      this.#publisher.send({ kind: "streamAck", streamId, expectedSequenceId });
    }
  }

  #accept(stream: OpenStream, { sequenceId, payload }: Part): void {
    stream.idle.refresh();
    stream.expectedSequenceId += 1;
    this.#publish(stream, payload, { streamSequenceId: sequenceId });
  }

  #refuse({ start: { streamId }, expectedSequenceId }: OpenStream, sequenceId: number): void {
    this.#publisher.send({
      kind: "streamNack",
      streamId,
      name: "InvalidSequenceId",
      message: `Expected ${expectedSequenceId}, got ${sequenceId}.`,
      expectedSequenceId,
    });
  }

  #reject(streamId: string, message: string): void {
    const stream = this.#open.get(streamId);
    if (stream) this.#end(stream, { name: "Cancelled", message });
    this.#sendClosed(streamId, { name: "BadRequest", message });
  }

  #expire(streamId: string): void {
    const stream = this.#open.get(streamId);
    if (!stream) return;
    const error = { name: "IdleTimeout", message: "The stream was idle for too long." } as const;
    this.#end(stream, error);
    this.#sendClosed(streamId, error);
  }

  #end(stream: OpenStream, error: StreamError | undefined): void {
    clearTimeout(stream.idle);
    this.#open.delete(stream.start.streamId);
    const streamSequenceId = stream.expectedSequenceId;
    this.#publish(stream, EMPTY_TEXT, {
      streamSequenceId,
      endOfStream: true,
      ...(error && { error }),
    });
  }

  #publish(
    { start: { group, streamId, noEcho } }: OpenStream,
    payload: Payload,
    position: Omit<NonNullable<GroupMessage["stream"]>, "streamId">,
  ): void {
    const { userId } = this.#publisher;
    this.#publisher.publish(
      { from: "group", group, fromUserId: userId, payload, stream: { streamId, ...position } },
      { noEcho },
    );
  }

  #sendClosed(streamId: string, error?: CloseError): void {
    if (this.#isClosed) return;
    const closing = setTimeout(() => {
      this.#closings.delete(closing);
      this.#publisher.send({ kind: "streamClosed", streamId, ...(error && { error }) });
    }, closingDelayInMs).unref();
    this.#closings.add(closing);
  }
}

const NOT_FOUND = { name: "StreamNotFound", message: "The stream is not open." } as const;
