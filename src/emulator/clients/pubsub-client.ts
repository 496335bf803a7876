import type { Connection } from "../hub/connection.ts";
import { type Hub, publish } from "../hub/hub.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import { type ClientRequest, MalformedFrameError } from "../protocol/client-request.ts";
import type { Codec } from "../protocol/codec.ts";
import type { Frame, GroupMessage } from "../protocol/message.ts";
import type { AckError, ServiceFrame } from "../protocol/service-frame.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { ClientProtocol } from "./client-protocol.ts";
import { forbidden, type GroupAction, permissionFor } from "./forbidden.ts";
import { Invocations } from "./invocations.ts";
import { ProcessedAckIds } from "./processed-ack-ids.ts";
import { Streams } from "./streams.ts";

export interface PubSubClientOptions {
  readonly connection: Connection;
  readonly hub: Hub;
  readonly codec: Codec;
  readonly events: ConnectionEvents;
  settings(): HubSettings;
  send(frame: ServiceFrame): void;
  /** The client has every message up to and with this number. */
  acknowledge(sequenceId: number): void;
}

type StateRequest = Extract<
  ClientRequest,
  { kind: "setGroupState" | "subscribeGroupState" | "unsubscribeGroupState" }
>;

/** What is answered with an ack, if the client asks for one. */
type AckedRequest = Extract<ClientRequest, { ackId: number | undefined }>;

/** A client of one of the service's own protocols, whatever its frames look like. */
export class PubSubClient implements ClientProtocol {
  readonly #options: PubSubClientOptions;
  readonly #processedAckIds = new ProcessedAckIds();
  #invocations: Invocations | undefined;
  #streams: Streams | undefined;
  #hasStates = false;

  constructor(options: PubSubClientOptions) {
    this.#options = options;
  }

  get hasOpenStreams(): boolean {
    return this.#streams?.hasOpen ?? false;
  }

  isPing(frame: Frame): boolean {
    return this.#options.codec.isPing(frame);
  }

  async handle(frame: Frame): Promise<void> {
    try {
      await this.#serve(await this.#options.codec.parse(frame));
    } catch (error) {
      if (!(error instanceof MalformedFrameError)) throw error;
      const { closeCode: code, message: reason } = error;
      this.#options.connection.end({ code, reason, announced: false });
    }
  }

  close(): void {
    const { connection, hub } = this.#options;
    this.#invocations?.close();
    this.#streams?.close();
    if (this.#hasStates) hub.states.remove(connection.id);
  }

  async #serve(request: ClientRequest): Promise<void> {
    switch (request.kind) {
      case "ping":
        return this.#options.send({ kind: "pong" });
      case "sequenceAck":
        return this.#options.acknowledge(request.sequenceId);
      case "invoke":
      case "cancelInvocation":
      case "badInvocation":
        this.#invocations ??= new Invocations(this.#options.events, this.#options.send);
        return this.#invocations.handle(request);
      case "streamStart":
      case "streamData":
      case "streamEnd":
      case "badStream":
        this.#streams ??= this.#createStreams();
        return this.#streams.handle(request);
      default:
        return this.#acknowledge(request);
    }
  }

  /** Only what has succeeded is remembered, so that a failed request may be sent again. */
  async #acknowledge(request: AckedRequest): Promise<void> {
    const { ackId } = request;
    const isDuplicate = ackId !== undefined && this.#processedAckIds.has(ackId);
    const error = isDuplicate ? duplicate(ackId) : await this.#perform(request);
    if (ackId !== undefined) {
      if (!error) this.#processedAckIds.add(ackId);
      this.#options.send({ kind: "ack", ackId, error });
    }
    if (!error && request.kind === "subscribeGroupState") {
      this.#options.send(this.#options.hub.states.snapshot(request.group));
    }
  }

  async #perform(request: AckedRequest): Promise<AckError | undefined> {
    const { connection, hub } = this.#options;
    switch (request.kind) {
      case "bad":
        return { name: "BadRequest", message: request.message };
      case "event":
        return this.#raise(request);
      case "sendToGroup":
        return this.#refusal("send to", request.group) ?? this.#publish(request);
      case "joinGroup":
      case "leaveGroup": {
        const isJoin = request.kind === "joinGroup";
        const error = this.#refusal(isJoin ? "join" : "leave", request.group);
        if (error) return error;
        if (isJoin) hub.join(connection, request.group);
        else hub.leave(connection, request.group);
        return undefined;
      }
      case "setGroupState":
      case "subscribeGroupState":
      case "unsubscribeGroupState":
        return this.#stateRefusal(request.group) ?? this.#changeState(request);
    }
  }

  #changeState(request: StateRequest): AckError | undefined {
    const { connection, hub, send } = this.#options;
    const { id, userId } = connection;
    this.#hasStates = true;
    switch (request.kind) {
      case "setGroupState":
        return hub.states.set({ id, userId, send }, request.group, request.state);
      case "subscribeGroupState":
        return hub.states.subscribe({ id, userId, send }, request.group);
      case "unsubscribeGroupState":
        hub.states.unsubscribe(id, request.group);
        return undefined;
    }
  }

  /** Members see what their group shows, however they came in. */
  #stateRefusal(group: string): AckError | undefined {
    const isMember = this.#options.connection.groups.has(group);
    return isMember ? undefined : this.#refusal("use the state of", group);
  }

  #refusal(action: GroupAction, group: string): AckError | undefined {
    const { roles } = this.#options.connection;
    return roles.allows(permissionFor(action), group) ? undefined : forbidden(action, group);
  }

  #publish(request: Extract<ClientRequest, { kind: "sendToGroup" }>): undefined {
    const { group, payload, metadata, noEcho, ttlInSeconds } = request;
    const fromUserId = this.#options.connection.userId;
    this.#sendToGroup(
      { from: "group", group, fromUserId, payload, metadata },
      { noEcho, ttlInSeconds },
    );
  }

  #sendToGroup(
    message: GroupMessage,
    { noEcho, ttlInSeconds }: { noEcho: boolean; ttlInSeconds?: number },
  ): void {
    const { connection, hub } = this.#options;
    const excluded = noEcho ? new Set([connection.id]) : undefined;
    publish(message, hub.inGroup(message.group), { ttlInSeconds, excluded });
  }

  #createStreams(): Streams {
    const { connection, send } = this.#options;
    return new Streams({
      userId: connection.userId,
      allows: (group) => connection.roles.allows("sendToGroup", group),
      publish: (message, options) => this.#sendToGroup(message, options),
      send,
    });
  }

  /** The reply goes out before the ack. */
  async #raise(request: Extract<ClientRequest, { kind: "event" }>): Promise<AckError | undefined> {
    const { connection, events, settings } = this.#options;
    const outcome = await events.userEvent(request.event, request.payload, request.metadata);
    if (outcome.kind === "handled") {
      const { reply: payload, metadata } = outcome;
      if (payload) publish({ from: "server", payload, metadata }, [connection]);
      return undefined;
    }
    if (settings().failedEvents === "close") {
      connection.end({ code: 1011, reason: "The event could not be handled.", announced: false });
    }
    return { name: "InternalServerError", message: outcome.message };
  }
}

const duplicate = (ackId: number): AckError => ({
  name: "Duplicate",
  message: `Message with ack-id: ${ackId} has been processed`,
});
