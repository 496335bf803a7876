import { EventEmitter, once } from "node:events";
import { type ClientMove, RequestError, type SimulatedClients } from "../contract/environment.ts";
import type { ClientView, DeliveriesView } from "../contract/live.ts";
import { ObservableLog } from "../kit/observable-log.ts";
import { ChildProgram } from "../processes/program.ts";
import { ClientRegistry, type ClientRegistryListener } from "./client-registry.ts";
import type {
  ClientProcessMessage,
  ClientProcessOrder,
  ClientProcessSettings,
  DeafCounts,
  Recipient,
} from "./process-messages.ts";

export interface ClientProcessListener extends ClientRegistryListener {
  /** Its process has ended although nobody wanted that, and another one is started. */
  restarted(how: string): void;
}

type Answer = Extract<ClientProcessMessage, { kind: "answer" }>;

const PROGRAM = "demo-app/simulated-clients/client-program.ts";
const maxClients = 500;
const RESIZE_DEADLINE_IN_MS = 30_000;
const ANSWER_DEADLINE_IN_MS = 30_000;
const MOVES_KEPT = 20_000;
const FIRST_RESTART_DELAY_IN_MS = 250;
const maxRestartDelayInMs = 30_000;

/** The clients as the demo sees them; they live in a process of their own. */
export class ClientProcess implements SimulatedClients {
  readonly moves = new ObservableLog<ClientMove>(MOVES_KEPT);
  readonly #settings: ClientProcessSettings;
  readonly #registry: ClientRegistry;
  readonly #listener: ClientProcessListener;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #answers = new EventEmitter().setMaxListeners(0);
  #program: ChildProgram<ClientProcessMessage> | undefined;
  #restartDelayInMs = FIRST_RESTART_DELAY_IN_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #lastCall = 0;
  #wanted = 0;
  #isClosed = false;

  /** @param endpoints Their names, in the order in which messages are counted. */
  constructor(
    settings: ClientProcessSettings,
    endpoints: readonly string[],
    listener: ClientProcessListener,
  ) {
    this.#settings = settings;
    this.#listener = listener;
    this.#registry = new ClientRegistry(settings.homeRegions, endpoints, {
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
    return this.#registry.connected;
  }

  get views(): readonly ClientView[] {
    return this.#registry.views;
  }

  get deliveries(): DeliveriesView {
    return this.#registry.deliveries;
  }

  get deaf(): DeafCounts {
    return this.#registry.deaf;
  }

  client(id: number): ClientView | undefined {
    return this.#registry.view(id);
  }

  /** Messages received since it was last asked, by endpoint. */
  takeDelivered(): readonly number[] {
    return this.#registry.takeDelivered();
  }

  /** @throws RequestError when it is no number of clients */
  async resize(size: number): Promise<void> {
    if (!Number.isInteger(size) || size < 0 || size > maxClients) {
      throw new RequestError(
        400,
        `The size of the crowd must be a whole number up to ${maxClients}.`,
      );
    }
    this.#wanted = size;
    // Who waited for another size waits for nothing that will come.
    this.#changes.emit("change");
    if (size > 0) this.#start();
    this.#send({ kind: "resize", size });
    const isDone = (): boolean =>
      this.#wanted !== size ||
      (this.#registry.connected === size && this.#registry.count === size) ||
      (size === 0 && this.#program === undefined);
    const signal = AbortSignal.timeout(RESIZE_DEADLINE_IN_MS);
    while (!isDone() && !this.#isClosed && !signal.aborted) {
      await once(this.#changes, "change", { signal }).catch(() => {});
    }
  }

  async recipientsOf(text: string): Promise<readonly Recipient[]> {
    if (!this.#program) return [];
    const { recipients } = await this.#ask((call) => ({ kind: "recipients", call, text }));
    return recipients ?? [];
  }

  async sendChat(id: number, text: string): Promise<void> {
    if (!this.#program) throw new RequestError(404, `There is no client ${id}.`);
    const { error } = await this.#ask((call) => ({ kind: "sendChat", call, id, text }));
    if (error !== undefined) throw new RequestError(this.client(id) ? 502 : 404, error);
  }

  /** For tests: ends its process as an accident would. */
  async kill(): Promise<void> {
    await this.#program?.kill();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restartTimer);
    this.#changes.emit("change");
    this.#answers.emit("end");
    await this.#program?.close();
  }

  #start(): void {
    if (this.#program || this.#restartTimer || this.#isClosed) return;
    const program = new ChildProgram<ClientProcessMessage>(PROGRAM, this.#settings);
    this.#program = program;
    program.messages.onAdd((message) => this.#receive(message));
    const ended = (how: string): void => this.#restartLater(how);
    void program.ended().then(ended, (error: Error) => ended(error.message));
  }

  #receive(message: ClientProcessMessage): void {
    if (message.kind === "ready") this.#send({ kind: "resize", size: this.#wanted });
    else if (message.kind === "answer") this.#answers.emit(String(message.call), message);
    else {
      this.#registry.update(message);
      // It works, so if it ends now there is no reason to wait for long.
      if (this.#registry.connected > 0) this.#restartDelayInMs = FIRST_RESTART_DELAY_IN_MS;
      this.#changes.emit("change");
    }
  }

  #restartLater(how: string): void {
    this.#program = undefined;
    this.#answers.emit("end");
    if (this.#isClosed) return;
    this.#registry.clear();
    this.#changes.emit("change");
    this.#listener.restarted(how);
    this.#restartTimer = setTimeout(() => {
      this.#restartTimer = undefined;
      this.#start();
    }, this.#restartDelayInMs).unref();
    this.#restartDelayInMs = Math.min(maxRestartDelayInMs, 2 * this.#restartDelayInMs);
  }

  async #ask(order: (call: number) => ClientProcessOrder): Promise<Answer> {
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

  #send(order: ClientProcessOrder): void {
    this.#program?.send(order);
  }
}
