import type { Connection } from "../hub/connection.ts";
import { type Hub, publish } from "../hub/hub.ts";
import type { Frame, Payload } from "../protocol/message.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { ClientProtocol } from "./client-protocol.ts";

/** A client without a service protocol: each of its frames is a `message` event. */
export class SimpleClient implements ClientProtocol {
  readonly hasOpenStreams = false;
  readonly #connection: Connection;
  readonly #events: ConnectionEvents;

  constructor(connection: Connection, events: ConnectionEvents) {
    this.#connection = connection;
    this.#events = events;
  }

  async handle(frame: Frame): Promise<void> {
    const outcome = await this.#events.userEvent("message", payloadOf(frame));
    if (outcome.kind === "failed") {
      // There is no way to tell a simple client but to close.
      const reason = "The event could not be handled.";
      this.#connection.end({ code: 1011, reason, announced: false });
    } else if (outcome.reply) {
      publish({ from: "server", payload: outcome.reply }, [this.#connection]);
    }
  }

  isPing(): boolean {
    return false;
  }

  close(): void {}
}

/** Where a simple client publishes, by `webpubsub_mode=sendToGroup`. */
export interface PublishMode {
  readonly group: string;
  readonly noEcho: boolean;
}

/** A simple client whose frames are messages for one group. */
export class SimplePublisher implements ClientProtocol {
  readonly hasOpenStreams = false;
  readonly #connection: Connection;
  readonly #hub: Hub;
  readonly #mode: PublishMode;

  constructor(connection: Connection, hub: Hub, mode: PublishMode) {
    this.#connection = connection;
    this.#hub = hub;
    this.#mode = mode;
  }

  async handle(frame: Frame): Promise<void> {
    const { id, userId, roles } = this.#connection;
    const { group, noEcho } = this.#mode;
    if (!roles.allows("sendToGroup", group)) {
      const reason = "The client lacks the role for sendToGroup.";
      this.#connection.end({ code: 1008, reason, announced: false });
      return;
    }
    publish(
      { from: "group", group, fromUserId: userId, payload: payloadOf(frame) },
      this.#hub.inGroup(group),
      { excluded: new Set(noEcho ? [id] : []) },
    );
  }

  isPing(): boolean {
    return false;
  }

  close(): void {}
}

const payloadOf = ({ data, isBinary }: Frame): Payload =>
  isBinary
    ? { dataType: "binary", bytes: data }
    : { dataType: "text", text: data.toString("utf8") };
