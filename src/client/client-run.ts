import type { AppServers } from "./app-servers.ts";
import type { CallRequest, Calls } from "./calls.ts";
import type { ClientEvents, ClientState, DisconnectedCode, StoppedCode } from "./client-events.ts";
import type { Connection, IncomingFrame } from "./connection.ts";
import { ConnectionLoop } from "./connection-loop.ts";
import type { ContinuityPort } from "./continuity-port.ts";
import { emitMessage } from "./emit-message.ts";
import type { Emitter } from "./emitter.ts";
import { PubSubClientError } from "./errors.ts";
import { encodeFrame } from "./frames.ts";
import { mustMove } from "./negotiated-endpoint.ts";
import { isOffline, onConnectivityChange } from "./network-and-visibility.ts";
import type { ClientConfiguration } from "./options.ts";
import type { ReconnectNotification } from "./reconnect-states.ts";

export interface ClientRunOptions {
  readonly configuration: ClientConfiguration;
  readonly appServers: AppServers;
  readonly emitter: Emitter<ClientEvents>;
  readonly calls: Calls;
  /** Those to be joined on each new connection. */
  readonly groups: ReadonlySet<string>;
  readonly continuity: ContinuityPort | undefined;
  /** Before anybody hears that it is over. */
  readonly onFinished: () => void;
}

/** An abort may have any reason, even undefined. */
interface Failure {
  readonly error: unknown;
}

/** From one `start` to the `stopped` that ends it: what the application hears of its connections. */
export class ClientRun {
  readonly #options: ClientRunOptions;
  readonly #loop: ConnectionLoop;
  readonly #stopListening: () => void;
  #state: ClientState = "stopped";
  #isOver = false;
  /** The connection that has been told to the application, and not yet told to be lost. */
  #told: Connection | undefined;
  /** The last such connection that was lost. */
  #lost: Connection | undefined;
  #settleStart = (_failure?: Failure): void => {};

  constructor(options: ClientRunOptions) {
    this.#options = options;
    this.#loop = new ConnectionLoop({
      ...options,
      onFrame: (frame) => this.#onFrame(frame),
      onNotification: (notification) => this.#onNotification(notification),
    });
    options.calls.onDoubt = () => this.#loop.doubt();
    this.#stopListening = onConnectivityChange(() => {
      this.#loop.current?.checkAlive();
      if (!isOffline()) this.#loop.doubt();
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  get endpoint(): string | undefined {
    return this.#state === "connected" ? this.#loop.current?.endpoint : undefined;
  }

  /** Resolves when the first connection is up; rejects when the run is over before. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleStart = (failure) => (failure ? reject(failure.error) : resolve());
      // Whoever hears of it may stop the client already.
      this.#setState("connecting");
      this.#loop.start();
    });
  }

  finish(code: StoppedCode, failure?: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { calls, emitter, onFinished } = this.#options;
    onFinished();
    this.#stopListening();
    this.#loop.stop(code);
    calls.close();
    this.#setState("stopped");
    const error = new PubSubClientError("ERR_CLIENT_STOPPED", "The client was stopped.");
    this.#settleStart(failure ?? { error });
    this.#emitDisconnected(code);
    emitter.emit("stopped", { code, ...(failure && { error: failure.error as Error }) });
  }

  #onFrame(frame: IncomingFrame): void {
    if (this.#isOver) return;
    const { calls, continuity } = this.#options;
    switch (frame.kind) {
      case "ack":
        calls.acknowledge(frame);
        break;
      case "invokeResponse":
        calls.respond(frame);
        break;
      default:
        if (continuity) continuity.onMessage(frame);
        else emitMessage(this.#options.emitter, frame);
    }
  }

  #onNotification(notification: ReconnectNotification): void {
    const { calls, emitter, configuration } = this.#options;
    const { autoReconnect } = configuration;
    const { current } = this.#loop;
    switch (notification.type) {
      case "connected":
        if (current) void this.#onConnected(current);
        break;
      case "recovered":
        if (current) this.#onRecovered(current);
        break;
      case "dropped":
        calls.onCut();
        this.#setState("reconnecting");
        break;
      case "lost":
        calls.onLost();
        this.#emitDisconnected(notification.code);
        if (!autoReconnect) this.finish("gave-up");
        break;
      case "connect-failed":
        emitter.emit("connect-failed", {
          ...notification.args,
          ...(!autoReconnect && { retryInMs: Number.POSITIVE_INFINITY }),
        });
        if (!autoReconnect) this.finish("gave-up", notification.args);
        break;
      case "stopped":
        this.finish(notification.code, notification);
    }
  }

  /**
   * Joins the groups again, before anything that waits is sent. Who listens hears of the connection
   * when they are joined, or at the end of their deadline; nobody else waits for it.
   */
  async #onConnected(connection: Connection): Promise<void> {
    const { calls, configuration, continuity, emitter, groups } = this.#options;
    const isOver = (): boolean => this.#isOver || this.#loop.current !== connection;
    const { session, endpoint, epoch } = connection;
    const connectedAt = performance.now();
    const names = configuration.autoRejoinGroups ? [...groups] : [];
    continuity?.onConnected(session?.connectionId);
    const joins = calls.onUp(
      connection,
      names.map((group) => this.#joinOf(group)),
    );
    const report = (error: Error, index: number): void => {
      const group = names[index] as string;
      // Without a connection there is nothing to be in; the next one joins again.
      if (isOver()) return;
      this.#loop.doubt();
      emitter.emit("rejoin-group-failed", { group, error });
    };
    await Promise.all(
      joins.map((join, index) =>
        join.then(
          () => void continuity?.onJoined(names[index] as string),
          (error) => report(error, index),
        ),
      ),
    );
    if (isOver()) return;
    this.#setState("connected");
    if (isOver()) return;
    const lost = this.#lost;
    this.#told = connection;
    this.#settleStart();
    const { connectionId = "", userId = "" } = session ?? {};
    emitter.emit("connected", { connectionId, userId, endpoint });
    if (isOver() || !lost || !mustMove(lost, connection)) return;
    const recovery = continuity && (await continuity.caughtUp());
    if (isOver()) return;
    emitter.emit("moved", {
      from: lost.endpoint,
      to: endpoint,
      downtimeInMs: connectedAt - lost.aliveAt,
      ...(epoch !== undefined && { epoch }),
      ...recovery,
    });
  }

  #onRecovered(connection: Connection): void {
    // It was cut before it was ready, so nobody has heard of it.
    if (!this.#told) return void this.#onConnected(connection);
    this.#told = connection;
    void this.#options.calls.onUp(connection);
    this.#setState("connected");
  }

  #joinOf(group: string): CallRequest {
    const { calls, configuration } = this.#options;
    const ackId = calls.createId();
    const timeoutInMs = Math.min(configuration.callTimeoutInMs, configuration.handshakeTimeoutInMs);
    return { text: encodeFrame({ type: "joinGroup", group, ackId }), ackId, timeoutInMs };
  }

  #emitDisconnected(code: DisconnectedCode): void {
    if (!this.#told) return;
    const { session, disconnected: disconnectedMessage, ending } = this.#told;
    this.#lost = this.#told;
    this.#told = undefined;
    this.#options.emitter.emit("disconnected", {
      code,
      ...(session && { connectionId: session.connectionId }),
      ...(disconnectedMessage && { message: disconnectedMessage }),
      ...(ending?.cause === "closed" && { closeCode: ending.code }),
      ...(ending?.reason && { reason: ending.reason }),
    });
  }

  #setState(state: ClientState): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#options.emitter.emit("state-changed", { state, previous });
  }
}
