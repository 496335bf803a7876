import type { ShutdownOptions } from "../contract/resilient-pubsub.ts";
import { waitAtMost, withDeadline } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { nextTurn } from "../kit/next-turn.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { UnderWay } from "../kit/under-way.ts";
import { checkShutdownOptions } from "./arguments.ts";
import { holdingProcess } from "./holding-process.ts";
import type { Traffic } from "./traffic.ts";

const DEFAULT_DRAIN_IN_MS = 10_000;
/** What a part of the plugin gets to end after the drain: more than a store that bounds its own end. */
const PART_TIMEOUT_IN_MS = 4000;

/** What is taken in a part of the drain, and by which share of it that part ends at the latest. */
interface Stage {
  readonly takesRequests: boolean;
  readonly takesOperations: boolean;
  readonly untilShare: number;
}

/**
 * All of it ends as soon as nothing is under way. Requests are taken at first: the service does not
 * send its events again, and the server may not be closed yet. Then only what those still send that
 * have come by then; then nothing more, so that what was begun can be finished.
 */
const DRAIN: readonly Stage[] = [
  { takesRequests: true, takesOperations: true, untilShare: 0.5 },
  { takesRequests: false, takesOperations: true, untilShare: 0.75 },
  { takesRequests: false, takesOperations: false, untilShare: 1 },
];

/** As many turns of the event loop as it takes to accept a connection and to read its request. */
const QUIET_TURNS = 4;

/** Something that must be ended; what it throws keeps nothing else from ending. */
export interface Part {
  /** As in the `closeFailed` event. */
  readonly name: string;
  close(): unknown;
}

interface ShutdownContext {
  readonly events: InternalEvents;
  readonly traffic: Traffic;
  readonly operations: { readonly underWay: UnderWay; refuse(): void };
  /** What nothing under way needs. */
  readonly first: readonly Part[];
  /** What must wait until nothing is under way. */
  readonly last: () => readonly Part[];
}

/** A part that has been told to end: what it failed with, if it did. Never rejects. */
interface Ending {
  readonly name: string;
  readonly failure: Promise<{ readonly error: unknown } | undefined>;
}

/** The end of a plugin: what is taken until when, and the order in which its parts end. */
export class Shutdown {
  readonly #context: ShutdownContext;
  readonly #begun = new AbortController();
  #closed: Promise<void> | undefined;

  constructor(context: ShutdownContext) {
    this.#context = context;
  }

  /** Ends when `close` is called. */
  get begun(): AbortSignal {
    return this.#begun.signal;
  }

  /** @throws InvalidArgumentError by rejecting; nothing is closed then */
  close(options: ShutdownOptions = {}): Promise<void> {
    if (this.#closed) return this.#closed;
    try {
      checkShutdownOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    const { drainInMs = DEFAULT_DRAIN_IN_MS } = options;
    this.#begun.abort();
    this.#closed = holdingProcess(this.#close(drainInMs));
    return this.#closed;
  }

  /** Never rejects: whoever shuts down could only give up. */
  async #close(drainInMs: number): Promise<void> {
    const { first, last } = this.#context;
    const endings = first.map(end);
    await this.#drain(drainInMs);
    this.#take({ takesRequests: false, takesOperations: false });
    this.#cutOff(drainInMs);
    await Promise.all([...endings, ...last().map(end)].map((ending) => this.#await(ending)));
  }

  async #drain(drainInMs: number): Promise<void> {
    const { operations, traffic } = this.#context;
    const startedAt = performance.now();
    for (const stage of DRAIN) {
      this.#take(stage);
      const endsAt = startedAt + drainInMs * stage.untilShare;
      while (!(await this.#isQuietForTurns()) && performance.now() < endsAt) {
        const idle = [traffic.underWay.whenIdle(), operations.underWay.whenIdle()];
        await waitAtMost(endsAt - performance.now(), Promise.all(idle));
      }
      if (this.#isQuiet) return;
    }
  }

  /** A request may have arrived before `close` was called, and not have been read yet. */
  async #isQuietForTurns(): Promise<boolean> {
    for (let turn = 0; turn < QUIET_TURNS && this.#isQuiet; turn += 1) await nextTurn();
    return this.#isQuiet;
  }

  #take({ takesRequests, takesOperations }: Omit<Stage, "untilShare">): void {
    const { operations, traffic } = this.#context;
    // A client had better ask another server: it would soon lose this one.
    traffic.take({ negotiates: false, events: takesRequests, others: takesRequests });
    if (!takesOperations) operations.refuse();
  }

  get #isQuiet(): boolean {
    const { operations, traffic } = this.#context;
    return traffic.underWay.count === 0 && operations.underWay.count === 0;
  }

  /** Whoever waits for an answer of ours gets one; what the application has to answer is its own. */
  #cutOff(drainInMs: number): void {
    if (this.#isQuiet) return;
    const { operations, traffic } = this.#context;
    const left = `${traffic.underWay.count} requests and ${operations.underWay.count} operations`;
    const message = `${left} were not done within ${drainInMs} ms; give close a longer drainInMs`;
    this.#tell("drain", new ResilientPubSubError("ERR_DEADLINE_EXCEEDED", message));
    traffic.cutOff();
  }

  async #await({ name, failure }: Ending): Promise<void> {
    try {
      const failed = await withDeadline(PART_TIMEOUT_IN_MS, undefined, () => failure);
      if (failed) this.#tell(name, failed.error);
    } catch (error) {
      this.#tell(name, error);
    }
  }

  #tell(part: string, error: unknown): void {
    this.#context.events.emit("closeFailed", { part, error });
  }
}

function end({ name, close }: Part): Ending {
  const ended = new Promise((resolve) => resolve(close()));
  const failure = ended.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return { name, failure };
}
