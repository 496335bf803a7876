import { abortReason } from "./abort-reason.ts";
import { AppServers } from "./app-servers.ts";
import { Calls } from "./calls.ts";
import type { ClientEvents, ClientState } from "./client-events.ts";
import { ClientRun } from "./client-run.ts";
import type { ContinuityFactory } from "./continuity-host.ts";
import type { ContinuityPort } from "./continuity-port.ts";
import { Emitter } from "./emitter.ts";
import { InvalidArgumentError, PubSubClientError } from "./errors.ts";
import { encodeDataFrame, encodeFrame } from "./frames.ts";
import type { NegotiateSource } from "./negotiate-urls.ts";
import {
  type ClientConfiguration,
  describe,
  type ResilientPubSubClientOptions,
  resolveOptions,
  webSocketOf,
} from "./options.ts";
import type {
  InvokeEventOptions,
  InvokeEventResult,
  JoinGroupOptions,
  JSONTypes,
  LeaveGroupOptions,
  PublishOptions,
  PublishResult,
  SavedPositions,
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
  /**
   * Behind a function: Vue and its likes hand out objects as proxies, to which private members are
   * closed, and whatever is reached through a proxy as proxies too; functions they leave alone.
   */
  private readonly parts: () => Parts;

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
  constructor(negotiate: NegotiateSource, options: ResilientPubSubClientOptions = {}) {
    const configuration = resolveOptions(options);
    const parts: Parts = {
      configuration,
      appServers: new AppServers(negotiate, configuration),
      emitter: new Emitter(),
      groups: new Set(),
      calls: new Calls(configuration),
      run: undefined,
      continuity: undefined,
    };
    const factory = configuration.continuity as ContinuityFactory | undefined;
    parts.continuity = parts.appServers.continuity = factory?.attach(parts, negotiate);
    this.parts = () => parts;
  }

  /**
   * How far the client has read: what its listeners have been given, and no more. JSON; as `since` of
   * another client's `continuity` it goes on from there, such as after a page was loaded anew.
   * Undefined without the option `continuity`.
   */
  get positions(): SavedPositions | undefined {
    return this.parts().continuity?.positions;
  }

  /** What the client is doing; each change raises `state-changed`. */
  get state(): ClientState {
    return this.parts().run?.state ?? "stopped";
  }

  /** Name of the endpoint that the client is connected to; undefined while it is not. */
  get endpoint(): string | undefined {
    return this.parts().run?.endpoint;
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
    this.parts().emitter.on(event, listener);
  }

  /** Calls that listener no more. */
  off<Name extends keyof ClientEvents>(
    event: Name,
    listener: (args: ClientEvents[Name]) => void,
  ): void {
    this.parts().emitter.off(event, listener);
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
  start(options: StartOptions = {}): Promise<void> {
    const starting: Promise<void> = start(this.parts(), options).catch((error) => {
      // Whoever calls `stop`, or `start` twice, and does not await this, shall not crash of it.
      if (/^ERR_CLIENT_/.test(error?.code)) starting.catch(() => {});
      throw error;
    });
    return starting;
  }

  /** Disconnects; waiting calls are rejected (`ERR_CLIENT_STOPPED`). The client can be started again. */
  stop(): void {
    this.parts().run?.finish("stopped");
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
    const result = await change(this.parts(), "joinGroup", groupName, options);
    this.parts().groups.add(groupName);
    await this.parts().continuity?.onJoined(groupName);
    return result;
  }

  /**
   * Leaves a group; new connections do not join it any more.
   *
   * @throws SendMessageError; `ERR_CALL_REFUSED` when the service says no.
   */
  async leaveGroup(groupName: string, options: LeaveGroupOptions = {}): Promise<WebPubSubResult> {
    const result = await change(this.parts(), "leaveGroup", groupName, options);
    this.parts().groups.delete(groupName);
    this.parts().continuity?.onLeft(groupName);
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
    return send(this.parts(), { type: "sendToGroup", group, noEcho }, content, dataType, options);
  }

  /**
   * Publishes to a group by way of an app server, which logs the message and sends it to the clients of
   * all endpoints. It is sent again, and still published once, until it is answered or
   * `callTimeoutInMs` have passed. Needs the option `continuity`, and `history` on the app servers.
   *
   * @returns Where the message is in the history of the group.
   * @throws InvalidArgumentError without the option; InvocationError: `ERR_CALL_REFUSED` when the app server says no, and why in `errorDetail`;
   *   `ERR_OUTCOME_UNKNOWN` or `ERR_CALL_TIMED_OUT` when nobody has answered in time.
   * @example
   * ```ts
   * await client.publish("news", { text: "hello" });
   * ```
   */
  async publish(
    groupName: string,
    data: JSONTypes | ArrayBuffer,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    const group = nonEmpty("groupName", groupName);
    const { continuity } = this.parts();
    if (!continuity) throw misfit("Option continuity", "given", continuity);
    refuseWhenStopped(this.parts());
    return continuity.publish(group, data, options);
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
    return send(this.parts(), { type: "event", event }, content, dataType, options);
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
    const { calls } = this.parts();
    const { invocationId = String(calls.createId()), abortSignal } = options;
    const frame = { type: "invoke", invocationId, target: "event", event };
    nonEmpty("invocationId", invocationId);
    const text = encodeDataFrame(frame, content, dataType);
    refuseWhenStopped(this.parts());
    return calls.perform({ text, invocationId, abortSignal });
  }
}

/** What a client consists of; all but `calls` and `run` is there for good. */
interface Parts {
  readonly configuration: ClientConfiguration;
  readonly appServers: AppServers;
  readonly emitter: Emitter<ClientEvents>;
  readonly groups: Set<string>;
  calls: Calls;
  run: ClientRun | undefined;
  continuity: ContinuityPort | undefined;
}

async function start(parts: Parts, { abortSignal }: StartOptions): Promise<void> {
  if (parts.run) {
    throw new PubSubClientError("ERR_CLIENT_STARTED", "The client is started already.");
  }
  if (abortSignal?.aborted) throw abortReason(abortSignal, "Starting");
  // On a server that renders pages a client may be made, but there may be nothing to connect it with.
  webSocketOf(parts.configuration);
  const run = new ClientRun({
    ...parts,
    onFinished: () => {
      parts.run = undefined;
      parts.calls = new Calls(parts.configuration);
      parts.continuity?.stop();
    },
  });
  parts.run = run;
  const abort = (): void =>
    run.finish("start-aborted", abortSignal && { error: abortReason(abortSignal, "Starting") });
  abortSignal?.addEventListener("abort", abort);
  try {
    await run.start();
  } finally {
    abortSignal?.removeEventListener("abort", abort);
  }
}

async function send(
  parts: Parts,
  frame: object,
  content: JSONTypes | ArrayBuffer,
  dataType: WebPubSubDataType,
  { ackId = parts.calls.createId(), fireAndForget = false, abortSignal }: SendEventOptions,
): Promise<WebPubSubResult> {
  const id = fireAndForget ? {} : { ackId: count("ackId", ackId) };
  const text = encodeDataFrame({ ...frame, ...id }, content, dataType);
  refuseWhenStopped(parts);
  return parts.calls.perform({ ...id, text, abortSignal });
}

async function change(
  parts: Parts,
  type: "joinGroup" | "leaveGroup",
  groupName: string,
  { ackId = parts.calls.createId(), abortSignal }: JoinGroupOptions,
): Promise<WebPubSubResult> {
  const group = nonEmpty("groupName", groupName);
  const text = encodeFrame({ type, group, ackId: count("ackId", ackId) });
  refuseWhenStopped(parts);
  return parts.calls.perform({ text, ackId, abortSignal, isRepeatable: true });
}

function refuseWhenStopped({ run }: Parts): void {
  if (run) return;
  throw new PubSubClientError("ERR_CLIENT_STOPPED", "The client is stopped; start it first.");
}

function nonEmpty(name: string, value: unknown): string {
  if (typeof value === "string" && value) return value;
  throw misfit(name, "a string that is not empty", value);
}

function count(name: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw misfit(name, "a whole number, 0 or more", value);
}

const misfit = (name: string, expected: string, value: unknown): InvalidArgumentError =>
  new InvalidArgumentError(`${name} must be ${expected}, got ${describe(value)}.`);
