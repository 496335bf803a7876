import { EventEmitter, once } from "node:events";
import { type Crowd, type CrowdMove, RequestError } from "../contract/environment.ts";
import type { ClientView } from "../contract/live.ts";
import { ObservableLog } from "../kit/observable-log.ts";
import { Program } from "../processes/program.ts";
import { type CrowdListener, Members } from "./client-registry.ts";
import type { CrowdOrder, CrowdSettings, CrowdTold, Hearer } from "./process-messages.ts";

export interface CrowdProcessListener extends CrowdListener {
  /** Its process has ended although nobody wanted that, and another one is started. */
  restarted(how: string): void;
}

type Answer = Extract<CrowdTold, { kind: "answer" }>;

const PROGRAM = "demo-app/simulated-clients/client-program.ts";
const LARGEST = 500;
const PATIENCE_IN_MS = 15_000;
const ANSWER_DEADLINE_IN_MS = 30_000;
const MOVES_KEPT = 20_000;
const FIRST_PAUSE_IN_MS = 250;
const LONGEST_PAUSE_IN_MS = 30_000;

/** The crowd as the demo sees it; its clients live in a process of their own. */
export class CrowdProcess implements Crowd {
  readonly moves = new ObservableLog<CrowdMove>(MOVES_KEPT);
  readonly #settings: CrowdSettings;
  readonly #members: Members;
  readonly #listener: CrowdProcessListener;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #answers = new EventEmitter().setMaxListeners(0);
  #program: Program<CrowdTold> | undefined;
  #pauseInMs = FIRST_PAUSE_IN_MS;
  #revival: NodeJS.Timeout | undefined;
  #lastCall = 0;
  #wanted = 0;
  #isClosed = false;

  /** @param endpoints Their names, in the order in which messages are counted. */
  constructor(
    settings: CrowdSettings,
    endpoints: readonly string[],
    listener: CrowdProcessListener,
  ) {
    this.#settings = settings;
    this.#listener = listener;
    this.#members = new Members(settings.homes, endpoints, {
      moved: (move) => {
        this.moves.add(move);
        listener.moved(move);
      },
      lost: (endpoint) => listener.lost(endpoint),
    });
  }

  get wanted(): number {
    return this.#wanted;
  }

  get connected(): number {
    return this.#members.connected;
  }

  get clients(): readonly ClientView[] {
    return this.#members.views;
  }

  client(id: number): ClientView | undefined {
    return this.#members.view(id);
  }

  /** Messages heard since it was last asked, by endpoint. */
  takeDelivered(): readonly number[] {
    return this.#members.takeDelivered();
  }

  /** @throws RequestError when it is no number of clients */
  async resize(size: number): Promise<void> {
    if (!Number.isInteger(size) || size < 0 || size > LARGEST) {
      throw new RequestError(400, `The size of the crowd must be a whole number up to ${LARGEST}.`);
    }
    this.#wanted = size;
    // Who waited for another size waits for nothing that will come.
    this.#changes.emit("change");
    if (size > 0) this.#begin();
    this.#send({ kind: "resize", size });
    const isDone = (): boolean =>
      this.#wanted !== size ||
      (this.#members.connected === size && this.#members.count === size) ||
      (size === 0 && this.#program === undefined);
    const signal = AbortSignal.timeout(PATIENCE_IN_MS);
    while (!isDone() && !this.#isClosed && !signal.aborted) {
      await once(this.#changes, "change", { signal }).catch(() => {});
    }
  }

  async hearersOf(text: string): Promise<readonly Hearer[]> {
    if (!this.#program) return [];
    const { hearers } = await this.#ask((call) => ({ kind: "hearers", call, text }));
    return hearers ?? [];
  }

  async say(id: number, text: string): Promise<void> {
    if (!this.#program) throw new RequestError(404, `There is no client ${id}.`);
    const { error } = await this.#ask((call) => ({ kind: "say", call, id, text }));
    if (error !== undefined) throw new RequestError(this.client(id) ? 502 : 404, error);
  }

  /** For tests: ends its process as an accident would. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#revival);
    this.#changes.emit("change");
    this.#answers.emit("end");
    await this.#program?.close();
  }

  #begin(): void {
    if (this.#program || this.#revival || this.#isClosed) return;
    const program = new Program<CrowdTold>(PROGRAM, this.#settings);
    this.#program = program;
    program.told.onAdd((told) => this.#hear(told));
    const ended = (how: string): void => this.#lose(how);
    void program.ended().then(ended, (error: Error) => ended(error.message));
  }

  #hear(told: CrowdTold): void {
    if (told.kind === "ready") this.#send({ kind: "resize", size: this.#wanted });
    else if (told.kind === "answer") this.#answers.emit(String(told.call), told);
    else {
      this.#members.update(told);
      // It works, so if it ends now there is no reason to wait for long.
      if (this.#members.connected > 0) this.#pauseInMs = FIRST_PAUSE_IN_MS;
      this.#changes.emit("change");
    }
  }

  #lose(how: string): void {
    this.#program = undefined;
    this.#answers.emit("end");
    if (this.#isClosed) return;
    this.#members.clear();
    this.#changes.emit("change");
    this.#listener.restarted(how);
    this.#revival = setTimeout(() => {
      this.#revival = undefined;
      this.#begin();
    }, this.#pauseInMs).unref();
    this.#pauseInMs = Math.min(LONGEST_PAUSE_IN_MS, 2 * this.#pauseInMs);
  }

  async #ask(order: (call: number) => CrowdOrder): Promise<Answer> {
    this.#lastCall += 1;
    const call = this.#lastCall;
    const given = new AbortController();
    const signal = AbortSignal.any([given.signal, AbortSignal.timeout(ANSWER_DEADLINE_IN_MS)]);
    const answered = once(this.#answers, String(call), { signal });
    const ended = once(this.#answers, "end", { signal });
    this.#send(order(call));
    try {
      const [answer] = await Promise.race([answered, ended]);
      if (answer) return answer as Answer;
    } catch {
      // Its deadline has passed.
    } finally {
      given.abort();
      await Promise.allSettled([answered, ended]);
    }
    throw new RequestError(503, "The process of the crowd does not answer; try again.");
  }

  #send(order: CrowdOrder): void {
    this.#program?.send(order);
  }
}
