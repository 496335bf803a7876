import { setMaxListeners } from "node:events";
import type { Frame, Resend, SendOutcome } from "../context/history-port.ts";
import type { HistoryEntry, OutboxTask } from "../contract/history-store.ts";
import type { HistoryStatus } from "../contract/status.ts";
import type { Clock } from "../kit/clock.ts";
import type { Frames } from "./frames.ts";
import { retryPauseInMs } from "./retry-pause.ts";
import type { HistorySession } from "./session.ts";
import { RESEND_IN_MS, tellHowItWent } from "./settlements.ts";
import type { StreamCalls } from "./stream-calls.ts";

const POLL_INTERVAL_IN_MS = 1000;
/** Tasks at once; of those, for one endpoint, which may be the one that answers nothing. */
const maxTasks = 16;
const maxTasksOfEndpoint = 4;

interface OutboxOptions {
  readonly session: HistorySession;
  readonly calls: StreamCalls;
  readonly frames: Frames;
  readonly resend: Resend;
  /** Names of the endpoints: those that sends go to, and the others. */
  readonly endpoints: () => { readonly inUse: string[]; readonly outOfUse: string[] };
  /** For how long nobody else takes a task: more than it takes to be done. */
  readonly leaseInMs: number;
  readonly clock: Clock;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** Does what some server has left to do: whatever an endpoint has not accepted is sent to it again. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #ending = new AbortController();
  readonly #tasks = new Map<OutboxTask, Promise<void>>();
  /** In a row, by the names of the endpoints. */
  readonly #failures = new Map<string, number>();
  #timer: { cancel(): void } | undefined;
  #pollsAt = Number.POSITIVE_INFINITY;
  #polling: Promise<void> | undefined;
  /** Something has come up since what is being claimed was asked for. */
  #isWantedAgain = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    // Each send of each task listens.
    setMaxListeners(Number.POSITIVE_INFINITY, this.#ending.signal);
  }

  start(): void {
    this.#pollAsUsual();
  }

  /** Looks for tasks in so many milliseconds, if that is sooner than it would have. */
  pollIn(inMs: number): void {
    const { clock } = this.#options;
    const at = clock.now() + inMs;
    if (this.#ending.signal.aborted || at >= this.#pollsAt) return;
    this.#timer?.cancel();
    this.#pollsAt = at;
    this.#timer = clock.callIn(inMs, () => {
      this.#pollsAt = Number.POSITIVE_INFINITY;
      this.#poll();
    });
  }

  /** What is being sent now, and to whom it does not succeed. */
  get status(): HistoryStatus["outbox"] {
    return Object.freeze({
      underWay: this.#tasks.size,
      failing: Object.freeze([...this.#failures.keys()]),
    });
  }

  /** Tasks that are not done by then are left to the other servers. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#timer?.cancel();
    await this.#polling;
    await Promise.all(this.#tasks.values());
  }

  #pollAsUsual(): void {
    this.pollIn(POLL_INTERVAL_IN_MS * (0.9 + 0.2 * this.#options.random()));
  }

  #poll(): void {
    if (this.#polling) {
      this.#isWantedAgain = true;
      return;
    }
    this.#isWantedAgain = false;
    this.#polling = this.#claim().then((isMoreLeft) => {
      this.#polling = undefined;
      if (isMoreLeft || this.#isWantedAgain) this.pollIn(0);
      else this.#pollAsUsual();
    });
  }

  /** @returns Whether there may be more to be done at once. Never rejects. */
  async #claim(): Promise<boolean> {
    const { session, endpoints, leaseInMs } = this.#options;
    const question = {
      endpoints: endpoints().inUse.filter((name) => !this.#isBusy(name)),
      limit: maxTasks - this.#tasks.size,
      leaseInMs,
    };
    if (!session.isLive || question.limit === 0 || question.endpoints.length === 0) return false;
    let tasks: OutboxTask[];
    try {
      tasks = await session.ask((connection, options) => connection.claim(question, options));
    } catch {
      return false;
    }
    for (const task of tasks) this.#begin(task);
    return tasks.length === question.limit;
  }

  #isBusy(endpoint: string): boolean {
    const tasks = [...this.#tasks.keys()].filter((task) => task.endpoint === endpoint);
    return tasks.length >= maxTasksOfEndpoint;
  }

  #begin(task: OutboxTask): void {
    const doing = this.#perform(task)
      // The store is away; the session has told so, and the task is due again after its lease.
      .catch(() => undefined)
      .finally(() => {
        this.#tasks.delete(task);
        // What it has kept from being claimed.
        if (this.#tasks.size < maxTasks) this.pollIn(RESEND_IN_MS);
      });
    this.#tasks.set(task, doing);
  }

  async #perform(task: OutboxTask): Promise<void> {
    const frames = await this.#framesOf(task);
    if (task.endpoint === undefined) await this.#sendToAll(task, frames);
    else await this.#sendTo(task.endpoint, task, frames);
  }

  async #sendTo(endpoint: string, task: OutboxTask, frames: readonly Frame[]): Promise<void> {
    const isDone = await this.#isSent(endpoint, task, frames);
    if (this.#ending.signal.aborted && !isDone) return;
    await this.#finish(task, isDone ? "done" : { retryInMs: this.#pauseInMs(endpoint) });
  }

  /** Of messages of which nobody has told how their first send went. */
  async #sendToAll(task: OutboxTask, frames: readonly Frame[]): Promise<void> {
    const { session, endpoints } = this.#options;
    const { inUse, outOfUse } = endpoints();
    const sent = await Promise.all(inUse.map((name) => this.#isSent(name, task, frames)));
    if (this.#ending.signal.aborted) return;
    const undelivered = inUse.filter((_, index) => !sent[index]);
    const { stream, epoch, offsets } = task;
    if (stream !== undefined && epoch !== undefined) {
      const unsettled = offsets.map((offset) => ({
        stream,
        position: { epoch, offset },
        undelivered,
        owed: outOfUse,
        retryInMs: RESEND_IN_MS,
      }));
      await tellHowItWent(session, unsettled);
    }
    await this.#finish(task, "done");
  }

  /** Whether the endpoint has accepted all frames, or a check in place of those that it never will. */
  async #isSent(endpoint: string, task: OutboxTask, frames: readonly Frame[]): Promise<boolean> {
    const outcomes = await Promise.all(frames.map((frame) => this.#send(endpoint, task, frame)));
    const open: SendOutcome[] = outcomes.filter((outcome) => outcome !== "refused");
    if (open.length < outcomes.length) {
      // Where it refuses that as well it refuses everything, such as a key, which will not be for ever.
      open.push(await this.#send(endpoint, task, this.#options.frames.check(task.stream)));
    }
    const isSent = open.every((outcome) => outcome === "accepted");
    if (isSent) this.#failures.delete(endpoint);
    else this.#failures.set(endpoint, (this.#failures.get(endpoint) ?? 0) + 1);
    return isSent;
  }

  #send(endpoint: string, { stream = "a" }: OutboxTask, frame: Frame): Promise<SendOutcome> {
    return this.#options.resend(endpoint, stream, frame, this.#ending.signal);
  }

  #pauseInMs(endpoint: string): number {
    return retryPauseInMs(this.#failures.get(endpoint) ?? 1, this.#options.random());
  }

  /** What is to be sent; in place of messages that are not there any more, a check. */
  async #framesOf(task: OutboxTask): Promise<Frame[]> {
    const { stream, epoch, offsets } = task;
    const { calls, frames } = this.#options;
    if (stream === undefined) return [frames.check(undefined)];
    const entries = epoch === undefined ? [] : await this.#entriesOf(stream, epoch, offsets);
    if (epoch === undefined || entries.length === 0 || entries.includes(undefined)) {
      const [top] = await calls.tops([stream]);
      return [frames.check(stream, top)];
    }
    return (entries as HistoryEntry[]).flatMap((entry) => {
      const position = { epoch, offset: entry.offset };
      const skips = frames.skips(stream, position, entry.excluded);
      return [frames.again(stream, entry, position), ...skips];
    });
  }

  async #entriesOf(
    stream: string,
    epoch: string,
    offsets: readonly number[],
  ): Promise<(HistoryEntry | undefined)[]> {
    const questions = offsets.map((offset) => ({ stream, epoch, from: offset, to: offset }));
    const ranges = await this.#options.calls.ranges(questions);
    return ranges.map((entries) => entries?.[0]);
  }

  async #finish(task: OutboxTask, result: "done" | { retryInMs: number }): Promise<void> {
    await this.#options.session.ask((connection, options) =>
      connection.finish(task, result, options),
    );
    if (result !== "done") this.pollIn(result.retryInMs);
  }
}
