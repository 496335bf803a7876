import type { HistoryPort, LoggedSend, SendOutcome, SendToLog } from "../context/history-port.ts";
import type { AppendResult, LoggedMessage } from "../contract/history-store.ts";
import type { Clock } from "../kit/clock.ts";
import { realTimers } from "../kit/real-timers.ts";
import type { EncodedBody } from "../service/encoded-body.ts";
import { dataOf, type Frames } from "./frames.ts";
import { idOfKey } from "./message-ids.ts";
import { type HistorySession, unavailableError } from "./session.ts";
import type { Settlements } from "./settlements.ts";
import type { Append, StreamCalls } from "./stream-calls.ts";

/** What one call of the store carries, at most. */
const maxAppendsAtOnce = 256;
const maxCharactersAtOnce = 1024 * 1024;
/** The longest that a message waits for the answer to those before it. */
const GATHERING_IN_MS = 2;

interface SendLogOptions {
  readonly session: HistorySession;
  readonly calls: StreamCalls;
  readonly settlements: Settlements;
  readonly frames: Frames;
  readonly nextId: () => string;
  /** Whether messages to a stream are kept. */
  readonly isTracked: (stream: string) => boolean;
  /** The largest message that is kept. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

interface Queued {
  readonly append: Append;
  readonly resolve: (result: AppendResult | undefined) => void;
}

/** Logs what is sent, in the order in which it is; all sends of one turn of the event loop in one call of the store. */
export class SendLog implements Pick<HistoryPort, "log"> {
  readonly #options: SendLogOptions;
  #queue: Queued[] = [];
  /** Calls of the store. */
  #underWay = 0;
  #timer: { cancel(): void } | undefined;

  constructor(options: SendLogOptions) {
    this.#options = options;
  }

  async log(send: SendToLog): Promise<LoggedSend> {
    const { frames, nextId } = this.#options;
    const { stream, body, excluded, publication } = send;
    if (!this.keeps(stream, body)) return this.#untracked(body, publication !== undefined);
    const { key, fromUserId } = publication ?? {};
    const id = key === undefined ? nextId() : idOfKey(stream, key);
    const message = { id, ...dataOf(body), excluded, fromUserId };
    const result = await this.#append({ stream, message, key, dueInMs: send.dueInMs });
    if (result === undefined) {
      if (publication) throw unavailableError();
      return this.#bypassed(stream, body, message);
    }
    const { position, isRepeated } = result;
    return {
      history: "logged",
      position,
      isRepeated,
      frame: frames.message(stream, body, position, message),
      skips: frames.skips(stream, position, excluded),
      settle: (outcomes) => this.#options.settlements.add(stream, position, outcomes),
    };
  }

  /** Whether such a message is kept. */
  keeps(stream: string | undefined, body: EncodedBody): stream is string {
    const { frames, isTracked, maxBytes } = this.#options;
    if (stream === undefined || body.byteLength > maxBytes || !frames.carries(body)) return false;
    return isTracked(stream);
  }

  #untracked(body: EncodedBody, isPublication: boolean): LoggedSend {
    if (isPublication) throw unavailableError();
    const frame = this.#options.frames.plain(body);
    return { history: "untracked", isRepeated: false, frame, skips: [], settle: () => {} };
  }

  #bypassed(stream: string, body: EncodedBody, { id, excluded }: LoggedMessage): LoggedSend {
    const { frames, session } = this.#options;
    return {
      history: "bypassed",
      isRepeated: false,
      frame: { ...frames.bypassed(stream, body, id), excluded },
      skips: [],
      // Nobody sends it again: where it was not accepted, clients must learn that there is a gap.
      settle: (outcomes) => {
        if (![...outcomes.values()].every(isAccepted)) session.renew([stream]);
      },
    };
  }

  #append(append: Append): Promise<AppendResult | undefined> {
    return new Promise((resolve) => {
      this.#queue.push({ append, resolve });
      if (this.#queue.length === 1) this.#schedule();
    });
  }

  /** While a call is under way, what comes meanwhile shares the next one, which is not far. */
  #schedule(): void {
    if (this.#underWay === 0) realTimers.setImmediate(() => this.#flush());
    else this.#timer = this.#options.clock.callIn(GATHERING_IN_MS, () => this.#flush());
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    let from = 0;
    let characters = 0;
    for (const [index, { append }] of queue.entries()) {
      characters += append.message.data.length;
      const isFull = index - from === maxAppendsAtOnce || characters > maxCharactersAtOnce;
      if (!isFull || index === from) continue;
      void this.#send(queue.slice(from, index));
      from = index;
      characters = append.message.data.length;
    }
    void this.#send(queue.slice(from));
  }

  async #send(queued: readonly Queued[]): Promise<void> {
    this.#underWay += 1;
    const results = await this.#options.calls.append(queued.map(({ append }) => append));
    this.#underWay -= 1;
    for (const [index, { resolve }] of queued.entries()) resolve(results?.[index]);
    if (this.#underWay === 0 && this.#timer) this.#flush();
  }
}

const isAccepted = (outcome: SendOutcome): boolean => outcome === "accepted";
