import type { Duplex } from "node:stream";
import { SerialQueue } from "../../kit/serial-queue.ts";
import type { Connection, Ending } from "../hub/connection.ts";
import { Roles } from "../hub/roles.ts";
import type { Broadcast } from "../protocol/broadcast.ts";
import type { Frame } from "../protocol/message.ts";
import type { ServiceFrame } from "../protocol/service-frame.ts";
import { simpleEncoder } from "../protocol/simple-frames.ts";
import { warnOfInternalError } from "../reporting/warnings.ts";
import type { ClientProtocol } from "./client-protocol.ts";
import {
  ClientSocket,
  type ClientSocketListener,
  type ClientSocketOptions,
  type SocketClosing,
} from "./client-socket.ts";
import { PubSubClient } from "./pubsub-client.ts";
import { ReliableDelivery } from "./reliable-delivery.ts";
import type { SessionListener, SessionOptions } from "./session-options.ts";
import { SimpleClient, SimplePublisher } from "./simple-client.ts";
import type { Subprotocol } from "./subprotocol.ts";
import type { NumberedFrame } from "./unacknowledged.ts";

type SocketOptions = Pick<ClientSocketOptions, "webSocket" | "tcp">;

const TOO_SLOW: Ending = { code: 1008, reason: "The client is too slow.", announced: false };
const TOO_FEW_ACKS: Ending = {
  code: 1008,
  reason: "Too many messages are not acknowledged.",
  announced: false,
};

/**
 * One client from its handshake to its end, which comes once. A reliable client may lose its socket
 * and come back on another one; for everybody else the session ends with its socket.
 */
export class Session implements Connection, ClientSocketListener {
  readonly id: string;
  readonly userId: string | null;
  readonly roles: Roles;
  readonly #options: SessionOptions;
  readonly #listener: SessionListener<Session>;
  // Most connections only listen, as with the queue below.
  #protocol: ClientProtocol | undefined;
  /** Of reliable clients only. */
  readonly #reliable: ReliableDelivery | undefined;
  #groups: Set<string> | undefined;
  #socket: ClientSocket | undefined;
  /** Has been told to close, which takes two. */
  #closingSocket: ClientSocket | undefined;
  #frames: SerialQueue | undefined;
  #hasEnded = false;
  /** What the client has sent before it left is still handled, unless the service has ended it. */
  #handlesFrames = true;

  constructor(options: SessionOptions, listener: SessionListener<Session>) {
    this.id = options.id;
    this.userId = options.userId;
    this.roles = new Roles(options.roles);
    this.#options = options;
    this.#listener = listener;
    if (options.subprotocol.isReliable) this.#reliable = new ReliableDelivery(options.limits);
  }

  get groups(): Set<string> {
    this.#groups ??= new Set();
    return this.#groups;
  }

  get hubName(): string {
    return this.#options.hub.name;
  }

  get subprotocol(): Subprotocol {
    return this.#options.subprotocol;
  }

  get protocol(): string | null {
    return this.#options.subprotocol.name ?? null;
  }

  /** A PubSub client hears first of all that it is connected; then it gets its groups. */
  start(socket: SocketOptions): void {
    const { hub, groups, events, observe, subprotocol } = this.#options;
    const { id: connectionId, userId } = this;
    this.#attach(socket);
    this.#sendConnected();
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
    if (this.#hasEnded || hub !== this.#options.hub.name) return false;
    return this.#reliable?.accepts(token) ?? false;
  }

  /** Goes on from a new socket with what the client has not acknowledged; an old one is cut. */
  recover(socket: SocketOptions): void {
    this.#detach()?.drop();
    this.#attach(socket);
    const { hub, observe } = this.#options;
    observe({ kind: "clientRecovered", hub: hub.name, connectionId: this.id });
    for (const numbered of this.#reliable?.pending() ?? []) this.#sendNumbered(numbered);
    // Nobody needs to be told twice, but the official client goes on with its streams only then.
    if (this.#protocol?.hasOpenStreams) this.#sendConnected();
  }

  deliver(broadcast: Broadcast): void {
    const { codec } = this.#options;
    const { expiresAt } = broadcast;
    const frame = broadcast.frame(codec ?? simpleEncoder);
    if (!frame) return;
    if (!this.#reliable || !codec) {
      this.#socket?.write(frame, expiresAt);
      return;
    }
    const added = this.#reliable.add(frame, expiresAt);
    if (!added) this.end(TOO_FEW_ACKS);
    else this.#socket?.write(broadcast.numbered(codec, added.sequenceId), expiresAt);
  }

  joined(group: string): void {
    this.#options.events.joined(group);
  }

  left(group: string): void {
    this.#options.events.left(group);
  }

  end(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#handlesFrames = false;
    this.#closeSocket(ending);
    this.#leave(ending.reason);
  }

  /** The socket is closed as in `end`, but a reliable client may come back. */
  suspend(ending: Ending): void {
    if (!this.#reliable) this.end(ending);
    if (this.#hasEnded) return;
    this.#closeSocket(ending);
    this.#awaitRecovery();
  }

  /** Ends the socket without a close frame, as a broken network does. */
  drop(): void {
    this.#socket?.drop();
  }

  /**
   * As `drop`, but the client does not hear of it: the socket is given back, which stays open.
   * Undefined without one.
   */
  abandon(): Duplex | undefined {
    const socket = this.#socket;
    const tcp = socket?.abandon();
    if (socket) {
      const settled = socket.settled();
      this.onSocketClosed(socket, { isFinal: false, isOrderly: false, reason: "", settled });
    }
    return tcp;
  }

  /** The service has crashed: the session is gone and nobody hears of it. */
  discard(): void {
    this.#hasEnded = true;
    this.#handlesFrames = false;
    this.#reliable?.stopWaiting();
    this.#protocol?.close();
    this.#detach()?.drop();
    this.#listener.onEnded(this);
  }

  mute(): void {
    this.#socket?.mute();
  }

  unmute(): void {
    this.#closingSocket?.unmute();
    this.#socket?.unmute();
  }

  ping(): boolean {
    return this.#socket?.ping() ?? true;
  }

  #openProtocol(): ClientProtocol {
    this.#protocol ??= this.#createProtocol();
    return this.#protocol;
  }

  #createProtocol(): ClientProtocol {
    const { hub, events, publishMode, codec } = this.#options;
    if (codec) {
      return new PubSubClient({
        connection: this,
        hub,
        codec,
        events,
        settings: () => this.#listener.settingsOf(hub.name),
        send: (frame) => this.#sendFrame(frame),
        acknowledge: (sequenceId) => this.#reliable?.acknowledge(sequenceId),
      });
    }
    return publishMode
      ? new SimplePublisher(this, hub, publishMode)
      : new SimpleClient(this, events);
  }

  #attach(options: SocketOptions): void {
    this.#reliable?.stopWaiting();
    this.#socket = new ClientSocket({ ...options, limits: this.#options.limits }, this);
    this.#listener.onSocketOpened(this);
  }

  #detach(): ClientSocket | undefined {
    const socket = this.#socket;
    if (!socket) return undefined;
    this.#socket = undefined;
    this.#listener.onSocketLost(this);
    return socket;
  }

  /** Of any of its sockets: one that is the session's no more says nothing about it. */
  onSocketClosed(socket: ClientSocket, closing: SocketClosing): void {
    if (socket !== this.#socket) return;
    const { isFinal, isOrderly, reason, settled } = closing;
    if (isFinal || !this.#reliable) {
      if (!isOrderly) this.#options.events.abort();
      this.#leave(reason, settled);
    } else {
      this.#detach();
      this.#awaitRecovery();
    }
  }

  #awaitRecovery(): void {
    this.#reliable?.awaitRecovery(() => this.#leave(""));
  }

  #sendConnected(): void {
    const { id: connectionId, userId } = this;
    const reconnectionToken = this.#reliable?.reconnectionToken;
    this.#sendFrame({ kind: "connected", connectionId, userId, reconnectionToken });
  }

  #sendFrame(frame: ServiceFrame): void {
    const encoded = this.#options.codec?.encode(frame);
    if (encoded) this.#socket?.write(encoded);
  }

  #sendNumbered({ frame, sequenceId, expiresAt }: NumberedFrame): void {
    const { codec } = this.#options;
    if (codec) this.#socket?.write(codec.withSequenceId(frame, sequenceId), expiresAt);
  }

  #closeSocket({ code, reason, announced, closeReason = reason }: Ending): void {
    const { codec } = this.#options;
    const finalFrame = announced ? codec?.encode({ kind: "disconnected", reason }) : undefined;
    this.#closingSocket = this.#detach();
    this.#closingSocket?.close(code, closeReason, finalFrame);
  }

  /**
   * Whether an app server takes its time must not look like a dead connection. What is handled
   * without one is answered first all the same: it does not outlast the turn.
   */
  handleAtOnce(frame: Frame): boolean {
    if (!this.#openProtocol().isPing(frame)) return false;
    setImmediate(() => this.#sendFrame({ kind: "pong" }));
    return true;
  }

  onSocketOverflow(): void {
    this.end(TOO_SLOW);
  }

  /** A frame that came on a former socket may still be on its way; it comes first. */
  handle(frame: Frame): Promise<void> {
    this.#frames ??= new SerialQueue();
    return this.#frames.run(() => this.#serve(frame));
  }

  async #serve(frame: Frame): Promise<void> {
    if (!this.#handlesFrames) return;
    try {
      await this.#openProtocol().handle(frame);
    } catch (error) {
      warnOfInternalError(error);
      this.end({ code: 1011, reason: "The service failed.", announced: false });
    }
  }

  #leave(reason: string, settled?: Promise<void>): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#reliable?.stopWaiting();
    this.#detach();
    const { hub, observe } = this.#options;
    hub.remove(this);
    observe({ kind: "clientDisconnected", hub: hub.name, connectionId: this.id, reason });
    this.#listener.onEnded(this);
    if (settled) void settled.then(() => this.#finish(reason));
    else this.#finish(reason);
  }

  #finish(reason: string): void {
    const { events } = this.#options;
    this.#protocol?.close();
    events.abort();
    events.disconnected(reason);
  }
}
