import { setTimeout as delay } from "node:timers/promises";
import { OpenResources } from "../../../demo-app/kit/open-all.ts";
import { brokenBy } from "./breaking.ts";
import { type Cast, type Sizes, startCast } from "./cast.ts";
import { judge, REDIS_LINGERS_IN_MS, type Verdict } from "./judge.ts";
import { now } from "./message.ts";
import { type Cycle, drawPlan, REGIONS } from "./plan.ts";
import type { ProgramMessage } from "./programs/program-messages.ts";
import type {
  Claim,
  ClientRecord,
  Moved,
  Outage,
  PlainRecord,
  RunRecord,
  Sent,
  Told,
} from "./record.ts";
import type { RunProcess } from "./run-process.ts";

export interface ContinuityOptions extends Sizes {
  /** How long cycles take, against the usual. Default: 1. */
  readonly pace?: number | undefined;
  readonly onProgress?: ((line: string) => void) | undefined;
}

export interface ContinuityResult {
  readonly sizes: Sizes;
  readonly hasRedis: boolean;
  readonly durationInMs: number;
  readonly run: RunRecord;
  readonly verdict: Verdict;
}

const AGREED_WITHIN_MS = 60_000;
const REST_BEFORE_IN_MS = 500;
/** With nobody sending, all are where the streams end. */
const AGREED_FOR_MS = 1500;

/**
 * Breaks regions, app servers and redis under steady sends and publishes, and compares what every client
 * was given with what was sent.
 */
export async function runContinuityChaos(options: ContinuityOptions): Promise<ContinuityResult> {
  const opened = new OpenResources();
  const startedAt = now();
  try {
    const run = new ContinuityRun(options);
    const cast = await startCast(
      options,
      opened,
      () => run.isSending,
      (message, from) => run.take(message, from),
    );
    const record = await run.play(cast);
    const { onProgress, ...sizes } = options;
    const durationInMs = now() - startedAt;
    const hasRedis = cast.redis !== undefined;
    return { sizes, hasRedis, durationInMs, run: record, verdict: judge(record) };
  } finally {
    await opened.close();
  }
}

class ContinuityRun {
  readonly #options: ContinuityOptions;
  readonly #sent: Sent[] = [];
  readonly #clients: ClientRecord[] = [];
  readonly #claims: Claim[] = [];
  readonly #plain: PlainRecord[] = [];
  readonly #outages: Outage[] = [];
  readonly #moved: Moved[] = [];
  readonly #told: Told[] = [];
  readonly #complaints: string[] = [];
  readonly #reads: number[] = [];
  #losses = 0;
  isSending = false;

  constructor(options: ContinuityOptions) {
    this.#options = options;
  }

  take(message: ProgramMessage, from: string): void {
    if (message.kind === "sent") this.#sent.push(message.sent);
    if (message.kind === "record") this.#clients.push(message.record);
    if (message.kind === "claims") this.#claims.push(...message.claims);
    if (message.kind === "plain") this.#plain.push(message.record);
    if (message.kind === "complaint") this.#complain(`${from}: ${message.what}`);
    if (message.kind === "history") this.#onHistory(from, message.isLost, message.why);
    if (message.kind === "collected") {
      this.#moved.push(...message.moved);
      this.#told.push(...message.told);
      this.#reads.push(...message.reads);
    }
  }

  async play(cast: Cast): Promise<RunRecord> {
    const { seed, cycles, servers, kinds } = this.#options;
    const listeners = [...cast.clients, ...cast.plain];
    await Promise.all(listeners.map((each) => each.ask({ kind: "begin" }, "begun")));
    this.#progress("all are connected");
    this.#setSending(cast, true);
    await delay(REST_BEFORE_IN_MS);
    const plan = cast.redis
      ? { cycles, servers, kinds }
      : { cycles, servers: 1, kinds: kinds.filter((kind) => kind !== "redis") };
    for (const cycle of drawPlan(seed, plan)) await this.#playCycle(cast, cycle);
    this.#setSending(cast, false);
    await this.#waitUntilAllAgree(cast.clients);
    for (const each of listeners) await each.ask({ kind: "collect" }, "collected");
    return {
      sent: this.#sent,
      clients: this.#clients,
      claims: this.#claims,
      plain: this.#plain,
      outages: this.#outages,
      moved: this.#moved,
      told: this.#told,
      reads: this.#reads,
      losses: this.#losses,
      complaints: this.#complaints,
    };
  }

  async #playCycle(cast: Cast, { number, breakage, restInMs, holdInMs }: Cycle): Promise<void> {
    const { pace = 1 } = this.#options;
    await delay(restInMs * pace);
    const broken = await brokenBy(breakage, cast);
    const outage: Outage = {
      cycle: number,
      what: `${breakage.kind} ${broken.name}`,
      region: REGIONS.find((name) => name === broken.name),
      isOfRedis: breakage.kind === "redis",
      from: now(),
      to: Number.MAX_SAFE_INTEGER,
    };
    this.#outages.push(outage);
    await broken.breakAndHeal(() => delay(holdInMs * pace));
    outage.to = now();
    this.#progress(`${number}: ${outage.what} for ${Math.round(outage.to - outage.from)} ms`);
  }

  #setSending({ servers, clients }: Cast, isSending: boolean): void {
    this.isSending = isSending;
    for (const server of servers) server.send({ isSending });
    for (const each of clients) each.send({ kind: "sending", isSending });
  }

  /** Whoever does not come to where the others are will be judged for it. */
  async #waitUntilAllAgree(clients: readonly RunProcess[]): Promise<void> {
    const giveUpAt = now() + AGREED_WITHIN_MS;
    let agreedAt = Number.POSITIVE_INFINITY;
    let places: ReadonlySet<string> = new Set();
    while (now() < giveUpAt && now() - agreedAt < AGREED_FOR_MS) {
      await delay(200);
      const answers = await Promise.all(
        clients.map((each) => each.ask({ kind: "positions" }, "positions")),
      );
      places = new Set(answers.flatMap(({ positions }) => positions));
      const isAgreed = places.size === 1 && !places.has("");
      agreedAt = isAgreed ? Math.min(agreedAt, now()) : Number.POSITIVE_INFINITY;
    }
    if (agreedAt === Number.POSITIVE_INFINITY)
      this.#complain(`clients do not agree where the streams end: ${[...places].join(" | ")}`);
  }

  #onHistory(from: string, isLost: boolean, why: string): void {
    const last = this.#outages.findLast(({ isOfRedis }) => isOfRedis);
    const isExplained = last !== undefined && now() <= last.to + REDIS_LINGERS_IN_MS;
    if (isExplained) last.to = Math.max(last.to, now());
    else if (isLost) this.#losses += 1;
    this.#progress(`  ${from} has ${isLost ? "lost the history" : "it again"}: ${why}`);
  }

  #complain(what: string): void {
    this.#complaints.push(what);
    this.#progress(`  ${what}`);
  }

  #progress(line: string): void {
    this.#options.onProgress?.(line);
  }
}
