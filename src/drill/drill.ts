import { pause } from "../kit/pause.ts";
import { createDrillClient } from "./drill-client.ts";
import type { ClientEvent, DrillMarks } from "./drill-events.ts";
import type { SendFigures } from "./send-probe.ts";
import { SendProbe } from "./send-probe.ts";
import { type DrillFigures, figuresOf } from "./statistics.ts";

export interface DrillOptions {
  readonly negotiateUrls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly clients: number;
  /** How long it watches before anything is broken. */
  readonly baselineInMs: number;
  /** How long everybody must have had a connection for the rehearsal, or a part of it, to be over. */
  readonly settleInMs: number;
  /** The longest that it waits for a loss, and for everybody to be back. */
  readonly watchInMs: number;
  /** How long a region stays broken after everybody is back, or has not come back. */
  readonly healAfterInMs: number;
  /** Undefined where an operator does it. */
  readonly region: { break(): Promise<void>; heal(): Promise<void> } | undefined;
  readonly send: { readonly url: string; readonly intervalInMs: number } | undefined;
  /** Ends it early, with a report of what there is. */
  readonly signal: AbortSignal;
  /** Told what it does now, a sentence each. */
  readonly onStep: (step: string) => void;
}

export interface DrillReport {
  readonly startedAt: string;
  readonly durationInMs: number;
  readonly negotiateUrls: readonly string[];
  /** By whom the region was broken. */
  readonly brokenBy: "admin route" | "operator";
  /** It was ended before it was over. */
  readonly isStopped: boolean;
  readonly marks: DrillMarks;
  readonly figures: DrillFigures;
  readonly sends?: SendFigures | undefined;
  /** What was not as it should be, a sentence each. */
  readonly problems: readonly string[];
}

const LOOK_INTERVAL_IN_MS = 50;
const CONNECT_TIMEOUT_IN_MS = 30_000;
/** Enough for any rehearsal; what comes after that many is not kept. */
const maxEvents = 200_000;

/** Plays a rehearsal. @throws Error when no client connects, or the admin route does not do what it is asked */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  return new Drill(options).run();
}

class Drill {
  readonly #options: DrillOptions;
  readonly #ending = new AbortController();
  readonly #signal: AbortSignal;
  readonly #events: ClientEvent[] = [];
  readonly #connected = new Set<number>();
  /** They do not connect again by themselves. */
  readonly #stopped = new Set<number>();
  readonly #startedAt = performance.now();
  readonly #probe: SendProbe | undefined;
  readonly #marks: { -readonly [Mark in keyof DrillMarks]: DrillMarks[Mark] } = {
    baseline: 0,
    broken: undefined,
    healed: undefined,
    ended: 0,
  };
  readonly #problems: string[] = [];
  #changedAt = 0;

  constructor(options: DrillOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#ending.signal]);
    const { send, headers } = options;
    this.#probe = send && new SendProbe({ ...send, headers, signal: this.#signal });
  }

  async run(): Promise<DrillReport> {
    const { clients, signal } = this.#options;
    const startedAt = new Date().toISOString();
    const started = Array.from({ length: clients }, (_, client) => this.#start(client));
    let isBroken = false;
    try {
      this.#say(`Connecting ${clients} clients.`);
      const isDecided = (): boolean => this.#connected.size + this.#stopped.size === clients;
      await this.#until(isDecided, CONNECT_TIMEOUT_IN_MS);
      if (this.#connected.size === 0 && !signal.aborted) throw new Error(this.#whyNobody());
      const probing = this.#probe?.run();
      await this.#watchBaseline();
      isBroken = this.#options.region !== undefined;
      await this.#break();
      await this.#watchFailover();
      await this.#heal();
      isBroken = false;
      this.#marks.ended = this.#now();
      this.#ending.abort();
      await probing;
    } finally {
      this.#ending.abort();
      for (const client of started) client.stop();
      // Whatever ends a rehearsal, it must not leave a region broken that it has broken itself.
      if (isBroken) await this.#options.region?.heal().catch(() => {});
    }
    return this.#report(startedAt);
  }

  #start(client: number): { stop(): void } {
    const { negotiateUrls, headers } = this.#options;
    const created = createDrillClient({
      negotiateUrls,
      headers,
      onEvent: (event) => this.#note({ ...event, client, at: this.#now() } as ClientEvent),
      onText: (text) => this.#probe?.hear(client, text),
    });
    // What ends it is an event as well.
    created.start().catch(() => {});
    return created;
  }

  #note(event: ClientEvent): void {
    if (this.#ending.signal.aborted || this.#events.length >= maxEvents) return;
    this.#events.push(event);
    const { client, kind } = event;
    if (kind === "connected" || kind === "back") this.#connected.add(client);
    else if (kind === "lost" || kind === "stopped") this.#connected.delete(client);
    else return;
    if (kind === "stopped") this.#stopped.add(client);
    this.#changedAt = event.at;
  }

  /** Whoever has ended it is not asked to do anything more. */
  #say(step: string): void {
    if (!this.#signal.aborted) this.#options.onStep(step);
  }

  async #watchBaseline(): Promise<void> {
    const { baselineInMs } = this.#options;
    this.#marks.baseline = this.#now();
    this.#say(`Watching ${this.#connected.size} clients for ${baselineInMs} ms.`);
    await this.#sleep(baselineInMs);
  }

  async #break(): Promise<void> {
    const { region, watchInMs } = this.#options;
    const since = this.#now();
    if (region) {
      this.#say("Breaking the region.");
      if (this.#signal.aborted) return;
      await region.break();
      this.#marks.broken = since;
    } else {
      this.#say("Break the region now, and leave it broken until the next line.");
      await this.#until(() => this.#lossSince(since) !== undefined, watchInMs);
      this.#marks.broken = this.#lossSince(since);
    }
  }

  async #watchFailover(): Promise<void> {
    const { watchInMs, settleInMs } = this.#options;
    if (this.#marks.broken === undefined) return;
    this.#say("Waiting until all clients have a connection.");
    // A region that fails its calls alone keeps its clients for a while: until reviews move them.
    await this.#until(() => this.#isSettled(settleInMs), watchInMs);
  }

  async #heal(): Promise<void> {
    const { region, healAfterInMs, settleInMs } = this.#options;
    if (this.#marks.broken === undefined) return;
    if (!region) {
      this.#say("All that was to be seen has been seen: heal the region.");
      return;
    }
    await this.#sleep(healAfterInMs);
    this.#options.onStep("Healing the region.");
    try {
      await region.heal();
      this.#marks.healed = this.#now();
    } catch (error) {
      // What was measured is worth a report all the same.
      this.#problems.push(`The region is still broken: ${(error as Error).message}.`);
    }
    await this.#sleep(settleInMs);
  }

  /** Somebody has been lost, and since then everybody is back. */
  #isSettled(settleInMs: number): boolean {
    const { broken = 0 } = this.#marks;
    const isQuiet = this.#now() - this.#changedAt >= settleInMs;
    const hasAll = this.#connected.size === this.#options.clients;
    return isQuiet && hasAll && this.#lossSince(broken) !== undefined;
  }

  #lossSince(since: number): number | undefined {
    return this.#events.find(({ kind, at }) => kind === "lost" && at >= since)?.at;
  }

  async #until(isMet: () => boolean, timeoutInMs: number): Promise<void> {
    const end = this.#now() + timeoutInMs;
    while (!isMet() && this.#now() < end && !this.#signal.aborted) {
      await this.#sleep(LOOK_INTERVAL_IN_MS);
    }
  }

  async #sleep(durationInMs: number): Promise<void> {
    if (!this.#signal.aborted) await pause(durationInMs, this.#signal).catch(() => {});
  }

  #now(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  #whyNobody(): string {
    const { failedNegotiates, failedConnects } = this.#figures();
    const [[status] = []] = Object.entries(failedNegotiates);
    const [[endpoint] = []] = Object.entries(failedConnects);
    if (status === "none") return "no client has connected: negotiate does not answer";
    if (status !== undefined) return `no client has connected: negotiate answers ${status}`;
    return `no client has connected${endpoint ? `: ${endpoint} lets none in` : ""}`;
  }

  #figures(): DrillFigures {
    return figuresOf(this.#options.clients, this.#events, this.#marks);
  }

  #report(startedAt: string): DrillReport {
    const { clients, negotiateUrls, region, signal } = this.#options;
    const figures = this.#figures();
    return {
      startedAt,
      durationInMs: this.#marks.ended,
      negotiateUrls: negotiateUrls.map((url) => new URL(url).origin + new URL(url).pathname),
      brokenBy: region ? "admin route" : "operator",
      isStopped: signal.aborted,
      marks: { ...this.#marks },
      figures,
      sends: this.#probe?.figures(clients),
      problems: [...problemsOf(figures, this.#marks), ...this.#problems],
    };
  }
}

/** What a rehearsal must not end with. Pure. */
export function problemsOf(figures: DrillFigures, { broken }: DrillMarks): string[] {
  const { affected, clients, after, stranded, ended } = figures;
  const connected = Object.values(after).reduce((sum, count) => sum + count, 0);
  const stopped = Object.values(ended).reduce((sum, count) => sum + count, 0);
  const problems = [
    (broken === undefined || affected === 0) &&
      "No client has lost its connection: nothing was rehearsed.",
    stranded > 0 && `${stranded} of ${affected} affected clients had no connection at the end.`,
    stranded === 0 &&
      connected < clients &&
      `${clients - connected} clients had no connection at the end.`,
    stopped > 0 &&
      `${stopped} clients have ended by themselves (${Object.keys(ended).join(", ")}).`,
  ];
  return problems.filter((problem) => problem !== false);
}
