import { abortReason } from "./abort-reason.ts";
import { AppServers } from "./app-servers.ts";
import { Calls } from "./calls.ts";
import type { ClientEvents, ClientState } from "./client-events.ts";
import { ClientRun } from "./client-run.ts";
import { Emitter } from "./emitter.ts";
import { PubSubClientError } from "./errors.ts";
import { encodeDataFrame, encodeFrame } from "./frames.ts";
import type { Negotiate } from "./negotiate.ts";
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

/**
 * A Web PubSub client that stays connected: when its endpoint fails it negotiates and goes to
 * another one by itself, with its groups and its waiting calls. Methods, events and their shapes
 * are those of `WebPubSubClient` from `@azure/web-pubsub-client`, except for group streams.
 */
export class ResilientPubSubClient {
  readonly #configuration: ClientConfiguration;
  readonly #appServers: AppServers;
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #groups = new Set<string>();
  #calls: Calls;
  #run: ClientRun | undefined;

  /**
   * Makes a client that is stopped; `start` connects it.
   *
   * @param negotiate URL of the plugin's negotiate route, a list of such URLs of several app servers,
   *   or a function that gives its answer.
   * @throws PubSubClientError `ERR_INVALID_OPTIONS`
   * @example
   * ```ts
   * const client = new ResilientPubSubClient("https://app.example/negotiate", {
   *   negotiateRequest: { credentials: "include" },
   * });
   * ```
   */
  constructor(
    negotiate: string | URL | readonly (string | URL)[] | Negotiate,
    options: ResilientPubSubClientOptions = {},
  ) {
    this.#configuration = resolveOptions(options);
    this.#appServers = new AppServers(negotiate, this.#configuration);
    this.#calls = new Calls(this.#configuration);
  }

  /** What the client is doing; each change raises `state-changed`. */
  get state(): ClientState {
    return this.#run?.state ?? "stopped";
  }

  /** Name of the endpoint that the client is connected to; undefined while it is not. */
  get endpoint(): string | undefined {
    return this.#run?.endpoint;
  }

  /**
   * Calls the listener at each event of that name; the same listener is added once.
   *
   * @example
   * ```ts
   * client.on("disconnected", ({ code }) => console.log(`connection lost: ${code}`));
   * client.on("moved", ({ from, to }) => console.log(`${from} -> ${to}`));
   * ```
   */
  on<Name extends keyof ClientEvents>(
    event: Name,
    listener: (args: ClientEvents[Name]) => void,
  ): void {
    this.#emitter.on(event, listener);
  }

  /** Calls that listener no more. */
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
   * @example
   * ```ts
   * await client.start({ abortSignal: AbortSignal.timeout(30_000) });
   * ```
   */
  async start({ abortSignal }: StartOptions = {}): Promise<void> {
    if (this.#run) {
      throw new PubSubClientError("ERR_CLIENT_STARTED", "The client is started already.");
    }
    if (abortSignal?.aborted) throw abortReason(abortSignal, "Starting");
    const run = new ClientRun({
      configuration: this.#configuration,
      appServers: this.#appServers,
      emitter: this.#emitter,
      calls: this.#calls,
      groups: this.#groups,
      onFinished: () => {
        this.#run = undefined;
        this.#calls = new Calls(this.#configuration);
      },
    });
    this.#run = run;
    const abort = (): void =>
      run.finish("start-aborted", abortSignal && { error: abortReason(abortSignal, "Starting") });
    abortSignal?.addEventListener("abort", abort);
    try {
      await run.start();
    } finally {
      abortSignal?.removeEventListener("abort", abort);
    }
  }

  /** Disconnects; waiting calls are rejected (`ERR_CLIENT_STOPPED`). The client can be started again. */
  stop(): void {
    this.#run?.finish("stopped");
  }

  /**
   * Joins a group, and joins it again whenever the client gets a new connection.
   *
   * @throws SendMessageError; `ERR_CALL_REFUSED` when the service says no.
   * @example
   * ```ts
   * client.on("group-message", ({ message }) => console.log(message.group, message.data));
   * await client.joinGroup("news");
   * ```
   */
  async joinGroup(groupName: string, options: JoinGroupOptions = {}): Promise<WebPubSubResult> {
    const result = await this.#change("joinGroup", groupName, options);
    this.#groups.add(groupName);
    return result;
  }

  /**
   * Leaves a group; new connections do not join it any more.
   *
   * @throws SendMessageError; `ERR_CALL_REFUSED` when the service says no.
   */
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
   * @example
   * ```ts
   * await client.sendEvent("order", { id: 7 }, "json");
   * ```
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
