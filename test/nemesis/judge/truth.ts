import { linkName } from "../network/network.ts";
import type {
  Entry,
  EntryOf,
  Epoch,
  LinkMode,
  ProcessState,
  Settings,
} from "../recording/entry.ts";
import { intersectionOf, type Span, Steps } from "./steps.ts";

/** An agreement, as far as anybody has told of it. */
export interface KnownAgreement extends Epoch {
  readonly active: string;
  /** When it was first told of, by whom, and why it came about; undefined when only an answer told. */
  readonly at: number;
  readonly by: EntryOf<"agreed"> | undefined;
  /** How often everything had been lost by then: numbers begin anew after that. */
  readonly generation: number;
}

interface Process {
  readonly state: ProcessState;
  readonly run: number;
}

/** What was the case, from the records of those who made it so. */
export class Truth {
  readonly settings: Settings;
  readonly entries: readonly Entry[];
  /** In the order in which they were told of. */
  readonly agreements: readonly KnownAgreement[];
  readonly #links = new Map<string, Steps<LinkMode>>();
  readonly #processes = new Map<string, Steps<Process>>();
  readonly #faults = new Map<string, Steps<string | undefined>>();
  readonly #store = new Steps(true);
  readonly #split = new Steps(false);
  readonly #byKind = new Map<string, Entry[]>();
  readonly #answers = new Map<string, EntryOf<"answer">[]>();
  readonly #lags: readonly EntryOf<"lag">[];

  /** @param entries In the order of time. What comes after the end of the run does not count. */
  constructor(entries: readonly Entry[]) {
    const end = entries.find(({ kind }) => kind === "over")?.at ?? Number.POSITIVE_INFINITY;
    this.entries = entries.filter(({ at }) => at <= end);
    for (const entry of this.entries) {
      const alike = this.#byKind.get(entry.kind) ?? [];
      this.#byKind.set(entry.kind, alike);
      alike.push(entry);
    }
    for (const answer of this.of("answer")) {
      const ofServer = this.#answers.get(answer.server) ?? [];
      this.#answers.set(answer.server, ofServer);
      ofServer.push(answer);
    }
    const [settings] = this.of("settings");
    if (settings === undefined) throw new Error("the recording does not say what it is of");
    this.settings = settings.settings;
    for (const { link, mode, at } of this.of("link"))
      stepsOf(this.#links, link, "open").add(at, mode);
    for (const { process, state, run, at } of this.of("process"))
      stepsOf(this.#processes, process, NO_PROCESS).add(at, { state, run });
    for (const { endpoint, fault, at } of this.of("endpoint-fault"))
      stepsOf(this.#faults, endpoint, undefined).add(at, fault);
    for (const { isUp, at } of this.of("store")) this.#store.add(at, isUp);
    for (const { isSplit, at } of this.of("split")) this.#split.add(at, isSplit);
    this.#lags = this.of("lag");
    this.agreements = agreementsIn(this.entries);
  }

  of<Kind extends Entry["kind"]>(kind: Kind): readonly EntryOf<Kind>[] {
    return (this.#byKind.get(kind) ?? []) as EntryOf<Kind>[];
  }

  /** What one server answered. */
  answersOf(server: string): readonly EntryOf<"answer">[] {
    return this.#answers.get(server) ?? [];
  }

  get end(): number {
    return this.entries.at(-1)?.at ?? 0;
  }

  /** Whether a process ran undisturbed, as the same one, all that time. */
  isRunning(name: string, span: Span, run?: number): boolean {
    const isFine = ({ state, run: its }: Process): boolean =>
      state === "running" && (run === undefined || its === run);
    return stepsOf(this.#processes, name, NO_PROCESS).isThroughout(span, isFine);
  }

  isOpen(from: string, to: string, span: Span): boolean {
    return stepsOf(this.#links, linkName(from, to), "open").isThroughout(span, isOpen);
  }

  /** Whether nothing was wrong with an endpoint itself. */
  isSound(endpoint: string, span: Span): boolean {
    const faults = stepsOf(this.#faults, endpoint, undefined);
    return this.isRunning(endpoint, span) && faults.isThroughout(span, (it) => it === undefined);
  }

  /** When one process of a server ran and was led to a store that was up. */
  storeSpans(server: string, run: number, span: Span): Span[] {
    const running = stepsOf(this.#processes, server, NO_PROCESS);
    const links = stepsOf(this.#links, linkName(server, "store"), "open");
    return [
      running.spans(span, (it) => it.state === "running" && it.run === run),
      links.spans(span, isOpen),
      this.#store.spans(span, (isUp) => isUp),
    ].reduce(intersectionOf);
  }

  isStoreUp(span: Span): boolean {
    return this.#store.isThroughout(span, (isUp) => isUp);
  }

  /** When the store was up. */
  storeUpSpans(span: Span): Span[] {
    return this.#store.spans(span, (isUp) => isUp);
  }

  isStoreSplit(span: Span): boolean {
    return this.#split.isEver(span, (isSplit) => isSplit);
  }

  /** The runs of a server of which any was there within a span. */
  runsOf(server: string, span: Span): number[] {
    const runs = this.of("process").filter(
      ({ process, state, at }) => process === server && state === "running" && at <= span.to,
    );
    const ended = (run: number): number =>
      this.of("process").find(
        (it) => it.process === server && it.run === run && it.state === "dead",
      )?.at ?? Number.POSITIVE_INFINITY;
    return [...new Set(runs.map(({ run }) => run))].filter((run) => ended(run) >= span.from);
  }

  /**
   * How far the busiest of some processes was behind within a span: what the machine was too slow
   * for is nobody's fault.
   */
  lagIn({ from, to }: Span, processes: readonly string[]): number {
    const sums = processes.map((name) =>
      this.#lags
        .filter(({ by, at, forInMs }) => by === name && at >= from && at - forInMs <= to)
        .reduce((sum, { forInMs }) => sum + forInMs, 0),
    );
    return Math.max(0, ...sums);
  }

  /** The agreement with the greatest number of those known at a moment. */
  newestAt(time: number): KnownAgreement | undefined {
    const known = this.agreements.filter(({ at }) => at <= time);
    const isNewer = (a: KnownAgreement, b: KnownAgreement): boolean =>
      a.generation > b.generation || (a.generation === b.generation && a.epoch >= b.epoch);
    return known.reduce<KnownAgreement | undefined>(
      (newest, it) => (newest === undefined || isNewer(it, newest) ? it : newest),
      undefined,
    );
  }
}

const NO_PROCESS: Process = { state: "dead", run: 0 };

const isOpen = (mode: LinkMode): boolean => mode === "open";

function stepsOf<T>(all: Map<string, Steps<T>>, name: string, initial: T): Steps<T> {
  const steps = all.get(name) ?? new Steps(initial);
  all.set(name, steps);
  return steps;
}

function agreementsIn(entries: readonly Entry[]): KnownAgreement[] {
  const known = new Map<string, KnownAgreement>();
  let generation = 0;
  for (const entry of entries) {
    const isAnew = entry.kind === "loss" && entry.loss === "everything-and-all-servers";
    if (isAnew) generation += 1;
    const agreement = agreementIn(entry, generation);
    if (agreement === undefined) continue;
    const key = `${generation} ${agreement.incarnation} ${agreement.epoch} ${agreement.active}`;
    if (!known.has(key)) known.set(key, agreement);
  }
  return [...known.values()];
}

function agreementIn(entry: Entry, generation: number): KnownAgreement | undefined {
  if (entry.kind === "agreed") {
    const { epoch, incarnation, active, at } = entry;
    return { epoch, incarnation, active, at, by: entry, generation };
  }
  if (entry.kind !== "answer" || entry.endpoint === undefined) return undefined;
  const { epoch, incarnation, endpoint, at } = entry;
  return { epoch, incarnation, active: endpoint, at, by: undefined, generation };
}
