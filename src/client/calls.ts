import { AbortListeners } from "./abort-listeners.ts";
import { abortReason } from "./abort-reason.ts";
import { type ClientErrorCode, InvocationError, SendMessageError } from "./errors.ts";
import {
  type AckFrame,
  cancelInvocation,
  type InvokeResponseFrame,
  maxMessageInBytes,
} from "./frames.ts";
import type { ClientConfiguration } from "./options.ts";
import type { AbortSignalLike, InvokeEventResult, WebPubSubResult } from "./wire-types.ts";

// Beyond it there would be no room for those that come after.
const maxForeignId = 2 ** 52;

/** What the answer to a call is recognised by; without either, there is no answer. */
export interface CallId {
  readonly ackId?: number;
  readonly invocationId?: string;
}

export interface CallRequest extends CallId {
  /** What is sent. */
  readonly text: string;
  /** Doing it twice is the same as doing it once. */
  readonly isRepeatable?: boolean;
  /** In place of `callTimeoutInMs`. */
  readonly timeoutInMs?: number;
  readonly abortSignal?: AbortSignalLike | undefined;
}

interface Call extends CallRequest {
  wasSent: boolean;
  resolve(result: WebPubSubResult | InvokeEventResult): void;
  reject(error: unknown): void;
}

/** What calls go out by. */
export interface Outlet {
  /** @returns False when it is not open: then nothing was sent. */
  send(text: string): boolean;
  /** How much it has taken that has not gone out yet. */
  readonly bufferedAmount: number;
}

/**
 * The calls that are not settled: those that wait for a connection, in order, and those that wait
 * for their answers. A call is sent a second time only when it is known to have had no effect, or
 * when the service knows it by its id.
 */
export class Calls {
  readonly #settings: ClientConfiguration;
  readonly #queued = new Set<Call>();
  readonly #unanswered = new Map<string, Call>();
  readonly #abortListeners = new AbortListeners();
  #queuedCharacters = 0;
  #outlet: Outlet | undefined;
  #lastId = 0;
  /** Told when the service has not answered in time, or has refused a join. */
  onDoubt = (): void => {};

  constructor(settings: ClientConfiguration) {
    this.#settings = settings;
  }

  /** How much was sent that the service has not answered. */
  get unansweredCharacters(): number {
    let characters = 0;
    for (const { text, wasSent } of this.#unanswered.values())
      if (wasSent) characters += text.length;
    return characters;
  }

  /** An id that no call has had. */
  createId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Sends the call when there is a connection, and else as soon as there is one. */
  perform(request: CallRequest & { invocationId: string }): Promise<InvokeEventResult>;
  perform(request: CallRequest): Promise<WebPubSubResult>;
  perform(request: CallRequest): Promise<WebPubSubResult | InvokeEventResult> {
    return this.#begin(request, (call) => {
      const isNext = this.#outlet !== undefined && this.#queued.size === 0;
      if (isNext && this.#isStuck(call)) return;
      if (!isNext || !send(call, this.#outlet)) this.#enqueue(call);
    });
  }

  /**
   * There is a connection: what was not answered is sent again, and then what has waited.
   *
   * @param first What is sent before all of that. It is not repeated, and fails where it cannot be sent.
   * @returns What becomes of them.
   */
  onUp(outlet: Outlet, first: readonly CallRequest[] = []): Promise<WebPubSubResult>[] {
    this.#outlet = outlet;
    const unanswered = [...this.#unanswered.values()];
    const results = first.map((request) => this.#performNow(request, outlet));
    for (const call of unanswered) if (call.wasSent) outlet.send(call.text);
    for (const call of this.#queued) {
      if (!send(call, outlet)) break;
      this.#dequeue(call);
    }
    return results;
  }

  /** The connection is gone; it may be recovered, and with it the answers to all but invocations. */
  onCut(): void {
    this.#outlet = undefined;
    for (const call of this.#unanswered.values()) {
      if (call.wasSent && call.invocationId !== undefined) call.reject(unknown(call));
    }
  }

  /** The connection cannot be recovered, so the service has forgotten the ids of its calls. */
  onLost(): void {
    const again: Call[] = [];
    for (const call of this.#unanswered.values()) {
      if (!call.wasSent) continue;
      if (call.isRepeatable) again.push(call);
      else call.reject(unknown(call));
    }
    if (again.length === 0) return;
    const later = [...this.#queued];
    this.#queued.clear();
    for (const call of again) {
      call.wasSent = false;
      this.#queuedCharacters += call.text.length;
    }
    for (const call of [...again, ...later]) this.#queued.add(call);
  }

  /** Nobody will send or answer any more. */
  close(): void {
    this.#outlet = undefined;
    for (const call of [...this.#queued, ...this.#unanswered.values()]) {
      call.reject(failure(call, "ERR_CLIENT_STOPPED", "The client was stopped"));
    }
  }

  acknowledge({ ackId, success, error }: AckFrame): void {
    const call = this.#unanswered.get(keyOf({ ackId }));
    if (!call) return;
    const isDuplicated = error?.name === "Duplicate";
    if (success || isDuplicated) call.resolve({ ackId, isDuplicated });
    else {
      if (call.isRepeatable) this.onDoubt();
      call.reject(refused(call, error));
    }
  }

  respond({ invocationId, success, dataType, data, error }: InvokeResponseFrame): void {
    const call = this.#unanswered.get(keyOf({ invocationId }));
    if (!call) return;
    const payload = dataType === undefined || data === undefined ? {} : { dataType, data };
    if (success) call.resolve({ invocationId, ...payload });
    else call.reject(refused(call, error));
  }

  #begin(
    request: CallRequest,
    start: (call: Call) => void,
  ): Promise<WebPubSubResult | InvokeEventResult> {
    const { abortSignal, timeoutInMs = this.#settings.callTimeoutInMs } = request;
    const key = keyOf(request);
    this.#reserve(request);
    return new Promise((resolve, reject) => {
      if (abortSignal?.aborted) return reject(abortReason(abortSignal, "The call"));
      const abort = (): void => {
        const { invocationId } = call;
        if (call.wasSent && invocationId !== undefined) {
          this.#outlet?.send(cancelInvocation(invocationId));
        }
        call.reject(abortSignal && abortReason(abortSignal, "The call"));
      };
      const settle = (): void => {
        clearTimeout(timer);
        if (abortSignal) this.#abortListeners.remove(abortSignal, abort);
        this.#dequeue(call);
        if (this.#unanswered.get(key) === call) this.#unanswered.delete(key);
      };
      const timer = setTimeout(() => {
        if (call.wasSent) this.onDoubt();
        call.reject(timedOut(call, timeoutInMs));
      }, timeoutInMs);
      const call: Call = {
        ...request,
        wasSent: false,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      if (key !== "" && this.#unanswered.has(key)) {
        const why = "Another call with this id is not settled yet";
        return call.reject(failure(call, "ERR_INVALID_ARGUMENT", why));
      }
      if (abortSignal) this.#abortListeners.add(abortSignal, abort);
      if (key !== "") this.#unanswered.set(key, call);
      start(call);
    });
  }

  /** The service takes a call for a repetition whose id it has seen, settled or not. */
  #reserve({ ackId, invocationId }: CallId): void {
    const id = ackId ?? Number(invocationId);
    if (id > this.#lastId && id < maxForeignId) this.#lastId = id;
  }

  #performNow(request: CallRequest, outlet: Outlet): Promise<WebPubSubResult> {
    return this.#begin(request, (call) => {
      if (!send(call, outlet)) call.reject(unknown(call));
    }) as Promise<WebPubSubResult>;
  }

  /** Rejects what an open socket cannot take, because it sends nothing, or less than it is given. */
  #isStuck(call: Call): boolean {
    const { bufferedAmount = 0 } = this.#outlet ?? {};
    // A message is legal whatever may wait.
    const most = Math.max(this.#settings.maxQueuedCharacters, maxMessageInBytes);
    if (bufferedAmount + call.text.length <= most) return false;
    const why = `The connection has yet to send ${bufferedAmount} bytes (maxQueuedCharacters)`;
    call.reject(failure(call, "ERR_QUEUE_FULL", why));
    return true;
  }

  #enqueue(call: Call): void {
    const { maxQueuedCalls, maxQueuedCharacters } = this.#settings;
    const characters = this.#queuedCharacters + call.text.length;
    if (this.#queued.size >= maxQueuedCalls || characters > maxQueuedCharacters) {
      const why = `There is no connection, and ${this.#queued.size} calls wait for one already (maxQueuedCalls, maxQueuedCharacters)`;
      call.reject(failure(call, "ERR_QUEUE_FULL", why));
      return;
    }
    this.#queuedCharacters = characters;
    this.#queued.add(call);
  }

  #dequeue(call: Call): void {
    if (this.#queued.delete(call)) this.#queuedCharacters -= call.text.length;
  }
}

/** @returns False when there is no connection any more. */
function send(call: Call, outlet: Outlet | undefined): boolean {
  call.wasSent = outlet?.send(call.text) ?? false;
  // Nobody will answer.
  if (call.wasSent && keyOf(call) === "") call.resolve({ isDuplicated: false });
  return call.wasSent;
}

/** Empty when there is nothing to recognise an answer by. */
function keyOf({ ackId, invocationId }: CallId): string {
  if (invocationId !== undefined) return `invocation ${invocationId}`;
  return ackId === undefined ? "" : `ack ${ackId}`;
}

function failure(
  { ackId, invocationId, wasSent }: CallId & Partial<Call>,
  code: ClientErrorCode,
  why: string,
  errorDetail?: AckFrame["error"],
): Error {
  const wasAnswered = errorDetail !== undefined;
  const fate = wasSent ? "it is not known whether it had any effect" : "it was not sent";
  const message = wasAnswered ? `${why}.` : `${why}; ${fate}.`;
  return invocationId === undefined
    ? new SendMessageError(code, message, { ackId, errorDetail })
    : new InvocationError(code, message, { invocationId, errorDetail });
}

export function refused(call: CallId, error: AckFrame["error"], who = "service"): Error {
  const detail = error ?? { name: "Unknown", message: "no reason given" };
  const why = `The ${who} refused the call: ${detail.name}, ${detail.message}`;
  return failure(call, "ERR_CALL_REFUSED", why, detail);
}

const unknown = (call: Call): Error =>
  failure(call, "ERR_OUTCOME_UNKNOWN", "The connection was lost before the answer");

function timedOut(call: Call, timeoutInMs: number): Error {
  const setting = call.timeoutInMs === undefined ? " (callTimeoutInMs)" : "";
  return failure(call, "ERR_CALL_TIMED_OUT", `No answer within ${timeoutInMs} ms${setting}`);
}
