import { randomBytes } from "node:crypto";
import { warnOfMistake } from "../errors.ts";
import type { Connection, Ending } from "../hub/connection.ts";
import type { Hub } from "../hub/hub.ts";
import { Roles } from "../hub/roles.ts";
import type { Broadcast } from "../protocol/broadcast.ts";
import { connectedFrame, disconnectedFrame } from "../protocol/json-frames.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { Identity } from "./identity.ts";
import { type FrameHandler, type IncomingFrame, Inlet } from "./inlet.ts";
import { JsonClient } from "./json-client.ts";
import { Outlet, type OutletParts } from "./outlet.ts";
import { SimpleClient } from "./simple-client.ts";

export interface SessionParts extends Identity, OutletParts {
  readonly id: string;
  readonly hub: Hub;
  readonly events: ConnectionEvents;
  /** Called once, when the socket has closed; the session has ended by then. */
  onClosed(): void;
}

const tooSlow: Ending = { code: 1008, reason: "The client is too slow.", announced: false };

/** One client from its handshake to its end, which comes once. */
export class Session implements Connection {
  readonly id: string;
  readonly userId: string | null;
  readonly roles: Roles;
  readonly groups = new Set<string>();
  readonly #parts: SessionParts;
  readonly #outlet: Outlet;
  readonly #inlet: Inlet;
  #hasEnded = false;

  constructor(parts: SessionParts) {
    this.id = parts.id;
    this.userId = parts.userId;
    this.roles = new Roles(parts.roles);
    this.#parts = parts;
    this.#outlet = new Outlet(parts, () => this.end(tooSlow));
    const context = { ...parts, connection: this, outlet: this.#outlet };
    const client: FrameHandler =
      parts.format === "json" ? new JsonClient(context) : new SimpleClient(context);
    this.#inlet = new Inlet(parts.webSocket, (frame) => this.#handle(client, frame));
    // ws closes by itself after an error, with the code that fits; we hear of it as a close.
    parts.webSocket.on("error", () => {});
    parts.webSocket.on("close", () => {
      this.#leave("");
      parts.onClosed();
    });
  }

  /** A PubSub client hears first of all that it is connected; then it gets its groups. */
  start(): void {
    const { hub, format, isReliable, groups, events } = this.#parts;
    if (format === "json") {
      const { id: connectionId, userId } = this;
      const reconnectionToken = isReliable ? randomBytes(32).toString("base64url") : undefined;
      this.#outlet.write(connectedFrame({ connectionId, userId, reconnectionToken }));
    }
    hub.add(this);
    for (const group of groups) hub.join(this, group);
    events.connected();
  }

  deliver(broadcast: Broadcast): void {
    this.#outlet.deliver(broadcast);
  }

  end({ code, reason, announced }: Ending): void {
    if (this.#hasEnded) return;
    if (announced && this.#parts.format === "json") this.#outlet.write(disconnectedFrame(reason));
    this.#outlet.close(code, reason);
    this.#leave(reason);
  }

  mute(): void {
    this.#inlet.mute();
    this.#outlet.mute();
  }

  unmute(): void {
    this.#outlet.unmute();
    this.#inlet.unmute();
  }

  ping(): void {
    this.#outlet.ping();
  }

  async #handle(client: FrameHandler, frame: IncomingFrame): Promise<void> {
    if (this.#hasEnded) return;
    try {
      await client.handle(frame);
    } catch (error) {
      warnOfMistake(error);
      this.end({ code: 1011, reason: "The service failed.", announced: false });
    }
  }

  #leave(reason: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { hub, events } = this.#parts;
    hub.remove(this);
    this.#inlet.close();
    events.disconnected(reason);
  }
}
