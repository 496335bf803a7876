import { NOT_WANTED } from "./abort-reason.ts";
import { type ConnectionEnding, isPacedClose, PROTOCOL_ERROR } from "./connection-ending.ts";
import { isAnswering } from "./endpoint-health.ts";
import {
  type AckFrame,
  type ConnectedFrame,
  type InvokeResponseFrame,
  interpretFrame,
  PING,
  type ServiceFrame,
  sequenceAck,
} from "./frames.ts";
import { KeepAlive, type KeepAliveDecision } from "./keep-alive.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { isOffline } from "./network-and-visibility.ts";
import { type ClientConfiguration, type WebSocketLike, webSocketOf } from "./options.ts";
import { onForbidden } from "./page-policy.ts";
import { reasonOf } from "./reason.ts";
import { isSequenceId, Session } from "./session.ts";
import type { DisconnectedMessage, GroupDataMessage, ServerDataMessage } from "./wire-types.ts";

const OPEN = 1;
const CLOSED = 3;
const ACKNOWLEDGE_WITHIN_IN_MS = 2000;
const CLOSE_WITHIN_IN_MS = 2000;
const ABNORMAL = 1006;
// A ping of WebSockets is less, and a gateway may send it whose service is gone.
const LEAST_BYTES = 128;

/** What a connection brings that is for others to deal with. */
export type IncomingFrame = AckFrame | InvokeResponseFrame | GroupDataMessage | ServerDataMessage;

export interface ConnectionOptions {
  readonly configuration: ClientConfiguration;
  readonly onFrame: (frame: IncomingFrame) => void;
  /** Those that were sent, on this connection or the socket before it. */
  readonly calls: { readonly unansweredCharacters: number };
  /** The one to be continued; without it, a new one begins. */
  readonly session?: Session;
  /** Told when the endpoint accepts the socket; when it says no more, whether it answers elsewhere. */
  readonly onSigns?: (isAnswering: boolean) => void;
}

/** One WebSocket to one endpoint, from its opening to its end. */
export class Connection {
  readonly endpoint: string;
  /** Of the answer that named the endpoint; undefined when it told none. */
  readonly epoch: number | undefined;
  readonly incarnation: string | undefined;
  /** Resolves at the service's greeting, or with the end that came before it. */
  readonly opened: Promise<ConnectionEnding | undefined>;
  /** Resolves when the connection is over, whether it was ever open or not. */
  readonly ended: Promise<ConnectionEnding>;
  readonly openedAt = performance.now();
  /** The last sign of life, in the same time. */
  aliveAt = this.openedAt;
  session: Session | undefined;
  disconnected: DisconnectedMessage | undefined;
  /** How it ended, if it has. */
  ending: ConnectionEnding | undefined;
  readonly #url: string;
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocketLike;
  readonly #isRecovery: boolean;
  readonly #stopWatching: () => void;
  #deadline: ReturnType<typeof setTimeout>;
  /** What came before anybody adopted the connection. */
  #undelivered: IncomingFrame[] | undefined = [];
  #keepAlive: KeepAlive | undefined;
  #bytesRead = 0;
  #bytesWaiting = 0;
  #charactersSinceHeard = 0;
  #question: AbortController | undefined;
  /** Nor does silence speak against it that nobody has asked to break. */
  #isEndpointAnswering = true;
  #isOpen = false;
  #nextCheck: ReturnType<typeof setTimeout> | undefined;
  #nextAcknowledgement: ReturnType<typeof setTimeout> | undefined;
  /** What the platform has said of a failure. */
  #reason = "";
  #settle!: (refusal?: ConnectionEnding) => void;
  #end!: (ending: ConnectionEnding) => void;

  /** @throws whatever the platform's WebSocket throws at a URL that it does not take */
  constructor(
    { url, endpoint, epoch, incarnation }: NegotiatedEndpoint,
    options: ConnectionOptions,
  ) {
    const { protocol, handshakeTimeoutInMs } = options.configuration;
    const webSocket = webSocketOf(options.configuration);
    this.#url = url;
    this.endpoint = endpoint;
    this.epoch = epoch;
    this.incarnation = incarnation;
    this.session = options.session;
    this.#isRecovery = options.session !== undefined;
    this.#options = options;
    this.opened = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#socket = new webSocket(url, protocol);
    this.#listen();
    this.#stopWatching = onForbidden(url, () => this.#finish({ cause: "forbidden" }));
    const deadlineInMs = Math.max(handshakeTimeoutInMs, this.session?.patience.roundTripsInMs ?? 0);
    this.#deadline = setTimeout(() => this.#finish({ cause: "silent" }), deadlineInMs);
  }

  /** @returns False when it is not open: then nothing was sent. */
  send(text: string): boolean {
    if (this.ending || this.#socket.readyState !== OPEN) return false;
    this.#socket.send(text);
    this.#charactersSinceHeard += text.length;
    return true;
  }

  /** How many bytes of what was sent have not gone out yet, as far as the platform tells. */
  get bufferedAmount(): number {
    return this.#socket.bufferedAmount ?? 0;
  }

  /** Delivers what has come, and from now on whatever comes: one of several may never be adopted. */
  deliver(): void {
    const early = this.#undelivered ?? [];
    this.#undelivered = undefined;
    for (const frame of early) this.#options.onFrame(frame);
  }

  /** Asks for a sign of life at once. */
  checkAlive(): void {
    if (this.#keepAlive) this.#follow(this.#keepAlive.askNow(Date.now()));
  }

  /** Says goodbye to the service, which forgets the connection. */
  leave(): void {
    if (this.ending) return;
    const socket = this.#socket;
    this.#finish({ cause: "left" }, () => {
      socket.close(1000);
      // The peer may be the reason for leaving, and never close.
      const timer = setTimeout(() => socket.terminate?.(), CLOSE_WITHIN_IN_MS);
      socket.onclose = () => clearTimeout(timer);
    });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.onopen = () => {
      if (!this.#isRecovery) return;
      this.#options.onSigns?.(true);
      // A recovered connection may have nothing to say.
      this.#follow(this.#watch().ask(Date.now()));
    };
    socket.onmessage = ({ data }: { data: unknown }) => this.#receive(String(data));
    socket.onerror = (event: unknown) => this.#onError(event);
    socket.onclose = ({ code, reason }: { code: number; reason?: unknown }) => {
      const isPaced = isPacedClose(this.disconnected, this.epoch);
      const said = this.#reason || reasonOf(reason);
      this.#finish({ cause: "closed", code, isPaced, reason: said }, () => {});
    };
  }

  /** In Node and its likes the event tells why; in browsers it tells nothing. */
  #onError(event: unknown): void {
    this.#reason = reasonOf(event);
    if (this.ending || this.#isOpen) return;
    // Most platforms close the socket next. It is closed already where it was not allowed to open.
    const isClosed = this.#socket.readyState === CLOSED;
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(
      () => this.#finish(isClosed ? { cause: "forbidden" } : { cause: "closed", code: ABNORMAL }),
      isClosed ? 0 : CLOSE_WITHIN_IN_MS,
    );
  }

  #receive(text: string): void {
    this.aliveAt = performance.now();
    this.#keepAlive?.onMessage(Date.now(), text.length + this.#unanswered);
    this.#charactersSinceHeard = 0;
    let frame: ServiceFrame | undefined;
    try {
      const wireFrame = JSON.parse(text);
      if (this.#isRecovery) this.#becomeOpen();
      // Whatever it says: what is never acknowledged ends the connection for good in the end.
      if (!this.#accept(wireFrame?.sequenceId, text.length)) return;
      frame = interpretFrame(wireFrame);
    } catch {
      this.#finish({ cause: "closed", code: PROTOCOL_ERROR });
      return;
    }
    switch (frame?.kind) {
      case "connected":
        this.#onConnectedFrame(frame);
        break;
      case "disconnected":
        this.disconnected = frame;
        break;
      case "groupData":
      case "serverData":
      case "ack":
      case "invokeResponse":
        this.#passOn(frame);
    }
  }

  #passOn(frame: IncomingFrame): void {
    if (this.#undelivered) this.#undelivered.push(frame);
    else this.#options.onFrame(frame);
  }

  #onConnectedFrame(frame: ConnectedFrame): void {
    if (this.session) this.session.renew(frame);
    else {
      this.session = new Session(this.#url, frame);
      // For the socket and for the WebSocket, at least.
      this.session.patience.onRoundTrip((performance.now() - this.openedAt) / 2);
    }
    this.#becomeOpen();
  }

  #becomeOpen(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#stopWatching();
    this.#watch();
    this.#checkKeepAlive();
    this.session?.resetAcknowledgement();
    this.#settle();
  }

  #watch(): KeepAlive {
    clearTimeout(this.#deadline);
    if (this.#keepAlive) return this.#keepAlive;
    // What the opening took says nothing of later.
    this.#hasMovedBytes();
    const { configuration } = this.#options;
    this.#keepAlive = new KeepAlive(configuration, Date.now(), this.session?.patience);
    return this.#keepAlive;
  }

  #accept(sequenceId: unknown, characters: number): boolean {
    const isNew = this.session?.accept(sequenceId, characters) ?? true;
    if (this.session?.isAcknowledgementUrgent) this.#acknowledge();
    else if (isSequenceId(sequenceId)) {
      this.#nextAcknowledgement ??= setTimeout(() => this.#acknowledge(), ACKNOWLEDGE_WITHIN_IN_MS);
    }
    return isNew;
  }

  #acknowledge(): void {
    clearTimeout(this.#nextAcknowledgement);
    this.#nextAcknowledgement = undefined;
    const sequenceId = this.session?.takeAcknowledgement();
    if (sequenceId !== undefined) this.send(sequenceAck(sequenceId));
  }

  #checkKeepAlive(): void {
    if (!this.#keepAlive) return;
    const now = Date.now();
    if (this.#hasMovedBytes()) this.#keepAlive.onBytes(now);
    this.#follow(this.#keepAlive.check(now, this.#unanswered));
  }

  /** Since it was asked last. */
  #hasMovedBytes(): boolean {
    const { bytesRead = 0 } = this.#socket;
    const waiting = this.bufferedAmount;
    const hasMoved =
      bytesRead - this.#bytesRead >= LEAST_BYTES || this.#bytesWaiting - waiting >= LEAST_BYTES;
    this.#bytesRead = bytesRead;
    this.#bytesWaiting = waiting;
    return hasMoved;
  }

  get #unanswered(): number {
    // Until it is adopted, nothing of the calls has been sent again.
    const ofCalls = this.#undelivered ? 0 : this.#options.calls.unansweredCharacters;
    return Math.max(ofCalls, this.#charactersSinceHeard);
  }

  async #askEndpoint(): Promise<void> {
    this.#question?.abort(NOT_WANTED);
    this.#question = new AbortController();
    if (await isAnswering(this.#url, this.#question.signal)) this.#isEndpointAnswering = true;
  }

  #follow({ due, inMs: againInMs }: KeepAliveDecision): void {
    if (this.ending) return;
    if (due === "give-up") {
      this.#options.onSigns?.(this.#isEndpointAnswering);
      this.#finish({ cause: "silent", isEndpointAnswering: this.#isEndpointAnswering });
      return;
    }
    if (due === "ask-endpoint") void this.#askEndpoint();
    if (due === "ping") {
      this.#isEndpointAnswering = false;
      this.send(PING);
    }
    clearTimeout(this.#nextCheck);
    this.#nextCheck = setTimeout(() => this.#checkKeepAlive(), againInMs);
  }

  #finish(ending: ConnectionEnding, release: () => void = () => this.#destroy()): void {
    if (this.ending) return;
    this.ending = { reason: this.#reason, ...ending, wasOffline: isOffline() };
    if (ending.cause !== "silent") this.aliveAt = performance.now();
    if (!this.#isOpen) this.#stopWatching();
    clearTimeout(this.#deadline);
    clearTimeout(this.#nextCheck);
    clearTimeout(this.#nextAcknowledgement);
    this.#question?.abort(NOT_WANTED);
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    try {
      release();
    } catch {
      // Of a WebSocket that is not ours. Whatever it holds, this connection is over.
    }
    this.#settle(this.ending);
    this.#end(this.ending);
  }

  #destroy(): void {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }
}
