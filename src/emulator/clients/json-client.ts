import type { Connection } from "../hub/connection.ts";
import { type Hub, publish } from "../hub/hub.ts";
import {
  type AckError,
  ackFrame,
  closedStreamFrame,
  failedInvocationFrame,
  pongFrame,
} from "../protocol/json-frames.ts";
import {
  type ClientRequest,
  MalformedFrameError,
  parseJsonRequest,
} from "../protocol/json-requests.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import { AckMemory } from "./ack-memory.ts";
import type { FrameHandler, IncomingFrame } from "./inlet.ts";
import type { Outlet } from "./outlet.ts";

export interface JsonClientParts {
  readonly connection: Connection;
  readonly hub: Hub;
  readonly outlet: Outlet;
  readonly events: ConnectionEvents;
}

/** What is answered with an ack, if the client asks for one. */
type AckedRequest = Extract<ClientRequest, { ackId: number | undefined }>;

/** A client of `json.webpubsub.azure.v1` or its reliable sister. */
export class JsonClient implements FrameHandler {
  readonly #parts: JsonClientParts;
  readonly #acks = new AckMemory();

  constructor(parts: JsonClientParts) {
    this.#parts = parts;
  }

  async handle({ data }: IncomingFrame): Promise<void> {
    try {
      await this.#serve(parseJsonRequest(data));
    } catch (error) {
      if (!(error instanceof MalformedFrameError)) throw error;
      this.#parts.connection.end({ code: 1007, reason: error.message, announced: false });
    }
  }

  async #serve(request: ClientRequest): Promise<void> {
    const { outlet } = this.#parts;
    switch (request.kind) {
      case "ping":
        return outlet.write(pongFrame());
      // What is acknowledged would leave the buffer for recovery, and there is none yet.
      case "sequenceAck":
      case "cancelInvocation":
        return;
      // These wait for an answer and would wait for ever.
      case "invoke":
        return outlet.write(failedInvocationFrame(request.invocationId, notBuilt("invoke")));
      case "streamStart":
        return outlet.write(
          closedStreamFrame(request.streamId, "InternalServerError", notBuilt("streams")),
        );
      case "streamPart":
        return outlet.write(
          closedStreamFrame(request.streamId, "StreamNotFound", notBuilt("streams")),
        );
      default:
        return this.#acknowledge(request);
    }
  }

  /** Only what has succeeded is remembered, so that a failed request may be sent again. */
  async #acknowledge(request: AckedRequest): Promise<void> {
    const { ackId } = request;
    if (ackId === undefined) return void (await this.#perform(request));
    const error = this.#acks.has(ackId) ? duplicate(ackId) : await this.#perform(request);
    if (!error) this.#acks.add(ackId);
    this.#parts.outlet.write(ackFrame(ackId, error));
  }

  async #perform(request: AckedRequest): Promise<AckError | undefined> {
    const { connection, hub } = this.#parts;
    switch (request.kind) {
      case "bad":
        return { name: "BadRequest", message: request.message };
      case "event":
        return this.#raise(request);
      case "sendToGroup":
        return this.#allowed("sendToGroup", request.group) ?? this.#publish(request);
      case "joinGroup":
      case "leaveGroup": {
        const forbidden = this.#allowed("joinLeaveGroup", request.group);
        if (forbidden) return forbidden;
        if (request.kind === "joinGroup") hub.join(connection, request.group);
        else hub.leave(connection, request.group);
        return undefined;
      }
    }
  }

  #allowed(permission: "joinLeaveGroup" | "sendToGroup", group: string): AckError | undefined {
    return this.#parts.connection.roles.allows(permission, group)
      ? undefined
      : { name: "Forbidden", message: `The client lacks the role for ${permission}.` };
  }

  #publish(request: Extract<ClientRequest, { kind: "sendToGroup" }>): undefined {
    const { connection, hub } = this.#parts;
    const { group, payload, noEcho } = request;
    publish(
      { from: "group", group, fromUserId: connection.userId, payload },
      hub.inGroup(group),
      new Set(noEcho ? [connection.id] : []),
    );
  }

  /** The reply goes out before the ack. */
  async #raise(request: Extract<ClientRequest, { kind: "event" }>): Promise<AckError | undefined> {
    const { connection, events } = this.#parts;
    const outcome = await events.userEvent(request.event, request.payload);
    if (outcome.kind === "failed") {
      return { name: "InternalServerError", message: "The event could not be handled." };
    }
    if (outcome.reply) publish({ from: "server", payload: outcome.reply }, [connection]);
    return undefined;
  }
}

const duplicate = (ackId: number): AckError => ({
  name: "Duplicate",
  message: `Message with ack-id: ${ackId} has been processed`,
});

const notBuilt = (what: string): string => `The emulator does not have ${what} yet.`;
