import type { Connection } from "../hub/connection.ts";
import { publish } from "../hub/hub.ts";
import type { Payload } from "../protocol/message.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { FrameHandler, IncomingFrame } from "./inlet.ts";

export interface SimpleClientParts {
  readonly connection: Connection;
  readonly events: ConnectionEvents;
}

/** A client without a service protocol: each of its frames is a `message` event. */
export class SimpleClient implements FrameHandler {
  readonly #parts: SimpleClientParts;

  constructor(parts: SimpleClientParts) {
    this.#parts = parts;
  }

  async handle({ data, isBinary }: IncomingFrame): Promise<void> {
    const { connection, events } = this.#parts;
    const payload: Payload = isBinary
      ? { dataType: "binary", bytes: data }
      : { dataType: "text", text: data.toString("utf8") };
    const outcome = await events.userEvent("message", payload);
    if (outcome.kind === "failed") {
      // There is no way to tell a simple client but to close.
      connection.end({ code: 1011, reason: "The event could not be handled.", announced: false });
    } else if (outcome.reply) {
      publish({ from: "server", payload: outcome.reply }, [connection]);
    }
  }
}
