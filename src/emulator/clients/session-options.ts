import type { Hub } from "../hub/hub.ts";
import type { Limits } from "../options/emulator-schema.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import type { Codec } from "../protocol/codec.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { Identity } from "./identity.ts";
import type { PublishMode } from "./simple-client.ts";
import type { Subprotocol } from "./subprotocol.ts";

export interface SessionOptions extends Identity {
  readonly id: string;
  readonly hub: Hub;
  readonly subprotocol: Subprotocol;
  /** Of the subprotocol; undefined for simple clients. */
  readonly codec: Codec | undefined;
  /** For simple clients that publish to a group instead of raising events. */
  readonly publishMode: PublishMode | undefined;
  readonly limits: Limits;
  readonly events: ConnectionEvents;
  readonly observe: Observe;
}

/** Told of what becomes of a session. */
export interface SessionListener<Session> {
  settingsOf(hub: string): HubSettings;
  /** A socket has become the session's, or has been lost. */
  onSocketOpened(session: Session): void;
  onSocketLost(session: Session): void;
  /** Once. */
  onEnded(session: Session): void;
}
