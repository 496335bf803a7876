import { randomBytes, timingSafeEqual } from "node:crypto";
import type { Connection, Ending } from "../hub/connection.ts";
import type { Hub } from "../hub/hub.ts";
import { Roles } from "../hub/roles.ts";
import type { Limits } from "../options/emulator-schema.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import type { Broadcast } from "../protocol/broadcast.ts";
import type { Codec } from "../protocol/codec.ts";
import { codecOf } from "../protocol/codecs.ts";
import type { Frame } from "../protocol/message.ts";
import type { ServiceFrame } from "../protocol/service-frame.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { warnOfMistake } from "../reporting/warnings.ts";
import type { ConnectionEvents } from "../upstream/connection-events.ts";
import type { ClientProtocol } from "./client-protocol.ts";
import type { Identity } from "./identity.ts";
import { Link, type LinkClosing, type LinkParts } from "./link.ts";
import { PubSubClient } from "./pubsub-client.ts";
import { type PublishMode, SimpleClient, SimplePublisher } from "./simple-client.ts";
import type { Subprotocol } from "./subprotocol.ts";
import { type NumberedFrame, Unacknowledged } from "./unacknowledged.ts";

export interface SessionParts extends Identity {
  readonly id: string;
  readonly hub: Hub;
  readonly subprotocol: Subprotocol;
  /** For simple clients that publish to a group instead of raising events. */
  readonly publishMode: PublishMode | undefined;
  readonly limits: Limits;
  readonly events: ConnectionEvents;
  readonly observe: Observe;
}

export interface SessionEvents {
  settingsOf(hub: string): HubSettings;
  /** A socket has become the session's, or has been lost. */
  onLinked(session: Session): void;
  onUnlinked(session: Session): void;
  /** Once. */
  onEnded(session: Session): void;
}

type SocketParts = Pick<LinkParts, "webSocket" | "tcp">;

const nothingYet = Promise.resolve();

const tooSlow: Ending = { code: 1008, reason: "The client is too slow.", announced: false };
const tooFewAcks: Ending = {
  code: 1008,
  reason: "Too many messages are not acknowledged.",
  announced: false,
};

/**
 * One client from its handshake to its end, which comes once. A reliable client may lose its socket
 * and come back on another one; for everybody else the session ends with its socket.
 */
export class Session implements Connection {
  readonly id: string;
  readonly userId: string | null;
  readonly roles: Roles;
  readonly #parts: SessionParts;
  readonly #watcher: SessionEvents;
  readonly #codec: Codec | undefined;
  readonly #protocol: ClientProtocol;
  readonly #unacknowledged: Unacknowledged | undefined;
  readonly #reconnectionToken: string | undefined;
  #groups: Set<string> | undefined;
  #link: Link | undefined;
  /** Has been told to close, which takes two. */
  #closingLink: Link | undefined;
  #handled = nothingYet;
  #recoveryTimer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** What the client has sent before it left is still heard, unless the service has ended it. */
  #isHeard = true;

  constructor(parts: SessionParts, watcher: SessionEvents) {
    const { format, isReliable } = parts.subprotocol;
    this.id = parts.id;
    this.userId = parts.userId;
    this.roles = new Roles(parts.roles);
    this.#parts = parts;
    this.#watcher = watcher;
    this.#codec = codecOf(format);
    this.#protocol = this.#createProtocol();
    if (isReliable) {
      const { unacknowledgedMessages: messages, unacknowledgedBytes: bytes } = parts.limits;
      this.#unacknowledged = new Unacknowledged({ messages, bytes });
      this.#reconnectionToken = randomBytes(32).toString("base64url");
    }
  }

  get groups(): Set<string> {
    this.#groups ??= new Set();
    return this.#groups;
  }

  get hubName(): string {
    return this.#parts.hub.name;
  }

  get subprotocol(): Subprotocol {
    return this.#parts.subprotocol;
  }

  /** A PubSub client hears first of all that it is connected; then it gets its groups. */
  start(socket: SocketParts): void {
    const { hub, groups, events, observe, subprotocol } = this.#parts;
    const { id: connectionId, userId } = this;
    this.#attach(socket);
    this.#tellConnected();
    observe({
      kind: "clientConnected",
      hub: hub.name,
      connectionId,
      userId,
      subprotocol: subprotocol.name,
    });
    hub.add(this);
    events.connected();
    for (const group of groups) hub.join(this, group);
  }

  /** Whether the bearer of this token may go on with the session on another socket. */
  canRecover(hub: string, token: string): boolean {
    if (this.#hasEnded || !this.#reconnectionToken || hub !== this.#parts.hub.name) return false;
    const given = Buffer.from(token);
    const expected = Buffer.from(this.#reconnectionToken);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** Goes on from a new socket with what the client has not acknowledged; an old one is cut. */
  recover(socket: SocketParts): void {
    this.#detach()?.drop();
    this.#attach(socket);
    const { hub, observe } = this.#parts;
    observe({ kind: "clientRecovered", hub: hub.name, connectionId: this.id });
    for (const numbered of this.#unacknowledged?.pending(Date.now()) ?? []) this.#send(numbered);
    // Nobody needs to be told twice, but the official client goes on with its streams only then.
    if (this.#protocol.hasOpenStreams) this.#tellConnected();
  }

  deliver(broadcast: Broadcast): void {
    const { format } = this.#parts.subprotocol;
    const { expiresAt } = broadcast;
    const frame = broadcast.frame(format);
    if (!frame) return;
    if (!this.#unacknowledged) {
      this.#link?.write(frame, expiresAt);
      return;
    }
    const added = this.#unacknowledged.add(frame, expiresAt, Date.now());
    if (!added) {
      this.end(tooFewAcks);
      return;
    }
    const numbered = this.#link && broadcast.numbered(format, added.sequenceId);
    if (numbered) this.#link?.write(numbered, expiresAt);
  }

  joined(group: string): void {
    this.#parts.events.joined(group);
  }

  left(group: string): void {
    this.#parts.events.left(group);
  }

  end(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#isHeard = false;
    this.#bidFarewell(ending);
    this.#leave(ending.reason);
  }

  /** The socket is closed as in `end`, but a reliable client may come back. */
  suspend(ending: Ending): void {
    if (!this.#unacknowledged) this.end(ending);
    if (this.#hasEnded) return;
    this.#bidFarewell(ending);
    this.#awaitRecovery();
  }

  /** Ends the socket without a word, as a broken network does. */
  drop(): void {
    this.#link?.drop();
  }

  /** The service has died: the session is gone and nobody hears of it. */
  forget(): void {
    this.#hasEnded = true;
    this.#isHeard = false;
    clearTimeout(this.#recoveryTimer);
    this.#protocol.close();
    this.#detach()?.drop();
    this.#watcher.onEnded(this);
  }

  mute(): void {
    this.#link?.mute();
  }

  unmute(): void {
    this.#closingLink?.unmute();
    this.#link?.unmute();
  }

  beat(): boolean {
    return this.#link?.beat() ?? true;
  }

  #createProtocol(): ClientProtocol {
    const { hub, events, publishMode } = this.#parts;
    if (this.#codec) {
      return new PubSubClient({
        connection: this,
        hub,
        codec: this.#codec,
        events,
        settings: () => this.#watcher.settingsOf(hub.name),
        tell: (frame) => this.#tell(frame),
        acknowledge: (sequenceId) => this.#unacknowledged?.acknowledge(sequenceId),
      });
    }
    return publishMode
      ? new SimplePublisher(this, hub, publishMode)
      : new SimpleClient(this, events);
  }

  #attach(socket: SocketParts): void {
    clearTimeout(this.#recoveryTimer);
    const link = new Link(
      { ...socket, limits: this.#parts.limits },
      {
        handle: (frame) => this.#handleInTurn(frame),
        onClogged: () => this.end(tooSlow),
        onClosed: (closing) => {
          if (this.#link === link) this.#onLost(closing);
        },
      },
    );
    this.#link = link;
    this.#watcher.onLinked(this);
  }

  #detach(): Link | undefined {
    const link = this.#link;
    if (!link) return undefined;
    this.#link = undefined;
    this.#watcher.onUnlinked(this);
    return link;
  }

  #onLost({ isFinal, settled }: LinkClosing): void {
    if (isFinal || !this.#unacknowledged) {
      this.#leave("", settled);
    } else {
      this.#detach();
      this.#awaitRecovery();
    }
  }

  #awaitRecovery(): void {
    const { recoveryWindowInMs } = this.#parts.limits;
    this.#recoveryTimer = setTimeout(() => this.#leave(""), recoveryWindowInMs).unref();
  }

  #tellConnected(): void {
    const { id: connectionId, userId } = this;
    const reconnectionToken = this.#reconnectionToken;
    this.#tell({ kind: "connected", connectionId, userId, reconnectionToken });
  }

  #tell(frame: ServiceFrame): void {
    const encoded = this.#codec?.encode(frame);
    if (encoded) this.#link?.write(encoded);
  }

  #send({ frame, sequenceId, expiresAt }: NumberedFrame): void {
    if (!this.#codec || !this.#link) return;
    this.#link.write(this.#codec.withSequenceId(frame, sequenceId), expiresAt);
  }

  #bidFarewell({ code, reason, announced }: Ending): void {
    const lastWord = announced ? this.#codec?.encode({ kind: "disconnected", reason }) : undefined;
    this.#closingLink = this.#detach();
    this.#closingLink?.close(code, reason, lastWord);
  }

  /** A frame that came on a former socket may still be on its way; it comes first. */
  #handleInTurn(frame: Frame): Promise<void> {
    this.#handled = this.#handled.then(() => this.#handle(frame));
    return this.#handled;
  }

  async #handle(frame: Frame): Promise<void> {
    if (!this.#isHeard) return;
    try {
      await this.#protocol.handle(frame);
    } catch (error) {
      warnOfMistake(error);
      this.end({ code: 1011, reason: "The service failed.", announced: false });
    }
  }

  #leave(reason: string, settled?: Promise<void>): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#recoveryTimer);
    this.#detach();
    const { hub, observe } = this.#parts;
    hub.remove(this);
    observe({ kind: "clientDisconnected", hub: hub.name, connectionId: this.id, reason });
    this.#watcher.onEnded(this);
    if (settled) void settled.then(() => this.#finish(reason));
    else this.#finish(reason);
  }

  #finish(reason: string): void {
    this.#protocol.close();
    this.#parts.events.disconnected(reason);
  }
}
