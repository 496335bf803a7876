import { randomBytes } from "node:crypto";
import type { Broadcast } from "../protocol/broadcast.ts";
import type { Roles } from "./roles.ts";

/** How a connection ends when the service ends it. */
export interface Ending {
  /** The WebSocket close code. */
  readonly code: number;
  readonly reason: string;
  /** Whether PubSub clients get a `disconnected` frame first, with the reason. */
  readonly announced: boolean;
  /** What the close frame says, if not the reason as well. */
  readonly closeReason?: string;
}

/** One logical client connection, as the hub knows it. */
export interface Connection {
  readonly id: string;
  readonly userId: string | null;
  /** The subprotocol as the client spelled it; null when none was agreed. */
  readonly protocol: string | null;
  readonly roles: Roles;
  /** Kept by the hub. */
  readonly groups: Set<string>;
  deliver(broadcast: Broadcast): void;
  /** Told by the hub when the connection has entered a group, by whomever. */
  joined(group: string): void;
  left(group: string): void;
  /** Takes the connection out of its hub at once; what happens on the wire follows. */
  end(ending: Ending): void;
}

/** Opaque, 31 URL-safe characters, as the real service makes them. */
export const createConnectionId = (): string => randomBytes(23).toString("base64url");
