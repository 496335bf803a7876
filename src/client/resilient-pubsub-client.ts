import { Calls } from "./calls.ts";
import type { ClientEvents, ClientState } from "./client-events.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionEnding } from "./connection-ending.ts";
import { ConnectionLoop, type LoopListener } from "./connection-loop.ts";
import { Emitter } from "./emitter.ts";
import { PubSubClientError } from "./errors.ts";
import { encodeDataFrame, encodeFrame } from "./frames.ts";
import { createNegotiate, type Negotiate } from "./negotiate.ts";
import { type EndpointAndEpoch, mustMove } from "./negotiated-endpoint.ts";
import { onConnectivityChange } from "./network-and-visibility.ts";
import {
  type ClientConfiguration,
  type ResilientPubSubClientOptions,
  resolveOptions,
} from "./options.ts";
import type {
  InvokeEventOptions,
  InvokeEventResult,
  JoinGroupOptions,
  JSONTypes,
  LeaveGroupOptions,
  SendEventOptions,
  SendToGroupOptions,
  StartOptions,
  WebPubSubDataType,
  WebPubSubResult,
} from "./wire-types.ts";

/** An abort may have any reason, even undefined. */
interface Failure {
  readonly error: unknown;
}

/** From one `start` to the `stopped` that ends it. */
interface Run {
  readonly ending: AbortController;
  readonly loop: ConnectionLoop;
  /** The connection that has been told to the application, and not yet told to be lost. */
  held: Connection | undefined;
  /** The last such connection that was lost, and when it last was alive. */
  left: (EndpointAndEpoch & { readonly aliveAt: number }) | undefined;
  settleStart(failure?: Failure): void;
  stopListening(): void;
}

/**
 * A Web PubSub client that stays connected: when its endpoint fails it negotiates and goes to
 * another one by itself, with its groups and its waiting calls. Methods, events and their shapes
 * are those of `WebPubSubClient` from `@azure/web-pubsub-client`, except for group streams.
 */
export class ResilientPubSubClient {
  readonly #configuration: ClientConfiguration;
  readonly #negotiate: Negotiate;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #groups = new Set<string>();
  #calls: Calls;
  #state: ClientState = "stopped";
  #run: Run | undefined;

  /**
   * @param negotiate URL of the plugin's negotiate route, or a function that gives its answer.
   * @throws PubSubClientError `ERR_INVALID_OPTIONS`
   */
  constructor(negotiate: string | URL | Negotiate, options: ResilientPubSubClientOptions = {}) {
    this.#configuration = resolveOptions(options);
    this.#negotiate = createNegotiate(negotiate, options.negotiateRequest);
    this.#calls = new Calls(this.#configuration);
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Name of the endpoint that the client is connected to; undefined while it is not. */
  get endpoint(): string | undefined {
    return this.#state === "connected" ? this.#run?.loop.current?.endpoint : undefined;
  }

  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (args: ClientEvents[Name]) => void,
  ): void {
    this.#emitter.on(event, listener);
  }

  off<Name extends keyof ClientEvents>(
    event: Name,
    listener: (args: ClientEvents[Name]) => void,
  ): void {
    this.#emitter.off(event, listener);
  }

  /**
   * Connects, and stays connected until `stop`. Resolves when the first connection is up; until then
   * it tries again and again (see `connect-failed`).
   *
   * @throws NegotiateError `ERR_NEGOTIATE_REFUSED` (401 or 403); PubSubClientError
   *   `ERR_CLIENT_STARTED`, or `ERR_CLIENT_STOPPED` when `stop` comes first; the reason of the signal.
   */
  async start({ abortSignal }: StartOptions = {}): Promise<void> {
    if (this.#run) {
      throw new PubSubClientError("ERR_CLIENT_STARTED", "The client is started already.");
    }
    if (abortSignal?.aborted) throw abortReason(abortSignal);
    const run = this.#begin();
    const abort = (): void => this.#finish(run, abortSignal && { error: abortReason(abortSignal) });
    abortSignal?.addEventListener("abort", abort);
    try {
      await new Promise<void>((resolve, reject) => {
        run.settleStart = (failure) => (failure ? reject(failure.error) : resolve());
        // Whoever hears of it may stop the client already.
        this.#setState("connecting");
        run.loop.run(run.ending.signal).catch((error) => this.#finish(run, { error }));
      });
    } finally {
      abortSignal?.removeEventListener("abort", abort);
    }
  }

  /** Disconnects; waiting calls are rejected (`ERR_CLIENT_STOPPED`). The client can be started again. */
  stop(): void {
    if (this.#run) this.#finish(this.#run);
  }

  /**
   * Joins a group, and joins it again whenever the client gets a new connection.
   *
   * @throws SendMessageError; `ERR_CALL_REFUSED` when the service says no.
   */
  async joinGroup(groupName: string, options: JoinGroupOptions = {}): Promise<WebPubSubResult> {
    const result = await this.#change("joinGroup", groupName, options);
    this.#groups.add(groupName);
    return result;
  }

  /** @throws SendMessageError; `ERR_CALL_REFUSED` when the service says no. */
  async leaveGroup(groupName: string, options: LeaveGroupOptions = {}): Promise<WebPubSubResult> {
    const result = await this.#change("leaveGroup", groupName, options);
    this.#groups.delete(groupName);
    return result;
  }

  /**
   * Publishes to a group. Without a connection, the message waits for one.
   *
   * @throws SendMessageError; `ERR_OUTCOME_UNKNOWN` when the connection was lost before the answer:
   *   the message is not sent again, because it may have been delivered.
   */
  async sendToGroup(
    groupName: string,
    content: JSONTypes | ArrayBuffer,
    dataType: WebPubSubDataType,
    options: SendToGroupOptions = {},
  ): Promise<WebPubSubResult> {
    const group = nonEmpty("groupName", groupName);
    const { noEcho = false } = options;
    return this.#send({ type: "sendToGroup", group, noEcho }, content, dataType, options);
  }

  /**
   * Sends an event to the app server. Without a connection, the event waits for one.
   *
   * @throws SendMessageError; see `sendToGroup`.
   */
  async sendEvent(
    eventName: string,
    content: JSONTypes | ArrayBuffer,
    dataType: WebPubSubDataType,
    options: SendEventOptions = {},
  ): Promise<WebPubSubResult> {
    const event = nonEmpty("eventName", eventName);
    return this.#send({ type: "event", event }, content, dataType, options);
  }

  /**
   * Sends an event to the app server and waits for its answer.
   *
   * @throws InvocationError; `ERR_OUTCOME_UNKNOWN` when the connection was cut before the answer.
   */
  async invokeEvent(
    eventName: string,
    content: JSONTypes | ArrayBuffer,
    dataType: WebPubSubDataType,
    options: InvokeEventOptions = {},
  ): Promise<InvokeEventResult> {
    const event = nonEmpty("eventName", eventName);
    const { invocationId = String(this.#calls.createId()), abortSignal } = options;
    const frame = { type: "invoke", invocationId, target: "event", event };
    nonEmpty("invocationId", invocationId);
    const text = encodeDataFrame(frame, content, dataType);
    this.#refuseWhenStopped();
    return this.#calls.perform({ text, invocationId, abortSignal });
  }

  async #send(
    frame: object,
    content: JSONTypes | ArrayBuffer,
    dataType: WebPubSubDataType,
    { ackId = this.#calls.createId(), fireAndForget = false, abortSignal }: SendEventOptions,
  ): Promise<WebPubSubResult> {
    const id = fireAndForget ? {} : { ackId: count("ackId", ackId) };
    const text = encodeDataFrame({ ...frame, ...id }, content, dataType);
    this.#refuseWhenStopped();
    return this.#calls.perform({ ...id, text, abortSignal });
  }

  async #change(
    type: "joinGroup" | "leaveGroup",
    groupName: string,
    { ackId = this.#calls.createId(), abortSignal }: JoinGroupOptions,
  ): Promise<WebPubSubResult> {
    const group = nonEmpty("groupName", groupName);
    const text = encodeFrame({ type, group, ackId: count("ackId", ackId) });
    this.#refuseWhenStopped();
    return this.#calls.perform({ text, ackId, abortSignal, isRepeatable: true });
  }

  #refuseWhenStopped(): void {
    if (this.#run) return;
    throw new PubSubClientError("ERR_CLIENT_STOPPED", "The client is stopped; start it first.");
  }

  #begin(): Run {
    const run: Run = {
      ending: new AbortController(),
      loop: new ConnectionLoop({
        configuration: this.#configuration,
        negotiate: this.#negotiate,
        random: Math.random,
        listener: this.#listenerOf(() => run),
      }),
      held: undefined,
      left: undefined,
      settleStart: () => {},
      stopListening: onConnectivityChange(() => run.loop.current?.checkAlive()),
    };
    this.#run = run;
    return run;
  }

  /** What becomes of what the loop tells, until the run is over. */
  #listenerOf(runOf: () => Run): LoopListener {
    return {
      frame: (frame) => {
        if (runOf() !== this.#run) return;
        switch (frame.kind) {
          case "ack":
            return this.#calls.acknowledge(frame);
          case "invokeResponse":
            return this.#calls.respond(frame);
          case "groupData":
            return this.#emitter.emit("group-message", { message: frame });
          case "serverData":
            return this.#emitter.emit("server-message", { message: frame });
        }
      },
      connected: (connection) => void this.#onConnected(runOf(), connection),
      recovered: (connection) => {
        const run = runOf();
        // It was cut before it was ready, so nobody has heard of it.
        if (!run.held) return void this.#onConnected(run, connection);
        run.held = connection;
        this.#calls.onConnectionUp((text) => connection.send(text));
        this.#setState("connected");
      },
      dropped: () => {
        this.#calls.onConnectionCut();
        this.#setState("reconnecting");
      },
      lost: (connection, ending) => {
        this.#calls.onConnectionLost();
        this.#emitDisconnected(runOf(), connection, ending);
      },
      connectFailed: (args) => this.#emitter.emit("connect-failed", args),
    };
  }

  /** Joins the groups again, before anything that waits is sent and anybody hears of the connection. */
  async #onConnected(run: Run, connection: Connection): Promise<void> {
    const isOver = (): boolean => run !== this.#run || run.loop.current !== connection;
    const { session, endpoint, epoch } = connection;
    const connectedAt = performance.now();
    if (this.#configuration.autoRejoinGroups) {
      const groups = [...this.#groups];
      await Promise.all(groups.map((group) => this.#rejoin(connection, group, isOver)));
    }
    if (isOver()) return;
    this.#calls.onConnectionUp((text) => connection.send(text));
    this.#setState("connected");
    if (isOver()) return;
    const { left } = run;
    run.held = connection;
    run.settleStart();
    const { connectionId = "", userId = "" } = session ?? {};
    this.#emitter.emit("connected", { connectionId, userId, endpoint });
    if (isOver() || !left || !mustMove(left, connection)) return;
    this.#emitter.emit("moved", {
      from: left.endpoint,
      to: endpoint,
      downtimeInMs: connectedAt - left.aliveAt,
      ...(epoch !== undefined && { epoch }),
    });
  }

  async #rejoin(connection: Connection, group: string, isOver: () => boolean): Promise<void> {
    const ackId = this.#calls.createId();
    const text = encodeFrame({ type: "joinGroup", group, ackId });
    try {
      await this.#calls.performNow({ text, ackId }, (frame) => connection.send(frame));
    } catch (error) {
      // Without a connection there is nothing to be in; the next one joins again.
      if (!isOver()) this.#emitter.emit("rejoin-group-failed", { group, error: error as Error });
    }
  }

  #emitDisconnected(
    run: Run,
    connection: Connection,
    { aliveAt }: Pick<ConnectionEnding, "aliveAt">,
  ): void {
    if (run.held === undefined) return;
    run.held = undefined;
    const { endpoint, epoch, session, disconnectedMessage: lastWord } = connection;
    run.left = { endpoint, epoch, aliveAt };
    this.#emitter.emit("disconnected", {
      ...(session && { connectionId: session.connectionId }),
      ...(lastWord && { message: lastWord }),
    });
  }

  /** Ends a run, for the reason given or because it was asked for. */
  #finish(run: Run, failure?: Failure): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    run.stopListening();
    run.ending.abort();
    const calls = this.#calls;
    this.#calls = new Calls(this.#configuration);
    calls.close();
    this.#setState("stopped");
    const error = new PubSubClientError("ERR_CLIENT_STOPPED", "The client was stopped.");
    run.settleStart(failure ?? { error });
    if (run.held) this.#emitDisconnected(run, run.held, { aliveAt: performance.now() });
    this.#emitter.emit("stopped", failure ? { error: failure.error as Error } : {});
  }

  #setState(state: ClientState): void {
    const previous = this.#state;
    if (previous === state) return;
    this.#state = state;
    this.#emitter.emit("state-changed", { state, previous });
  }
}

function nonEmpty(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  const message = `${name} must be a string that is not empty, and is ${String(value)}.`;
  throw new PubSubClientError("ERR_INVALID_ARGUMENT", message);
}

function count(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  const message = `${name} must be a whole number, 0 or more, and is ${String(value)}.`;
  throw new PubSubClientError("ERR_INVALID_ARGUMENT", message);
}

function abortReason(signal: object): unknown {
  const { reason } = signal as { reason?: unknown };
  return reason ?? new DOMException("Starting was aborted.", "AbortError");
}
