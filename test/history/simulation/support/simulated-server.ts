import type { Request } from "express";
import type { Frame, LoggedSend, SendOutcome } from "../../../../src/context/history-port.ts";
import type { PluginContext } from "../../../../src/context/plugin-context.ts";
import type { HistoryStore } from "../../../../src/contract/history-store.ts";
import { readCatchUp } from "../../../../src/history/catch-up-request.ts";
import { History } from "../../../../src/history/history.ts";
import type { HistoryReads } from "../../../../src/history/history-reads.ts";
import { JsonParts } from "../../../../src/http/send-json.ts";
import type { Clock } from "../../../../src/kit/clock.ts";
import type { HistoryConfiguration } from "../../../../src/options/parse-options.ts";
import { EncodedBody } from "../../../../src/service/encoded-body.ts";
import type { Host } from "./host.ts";
import type { Judge } from "./judge.ts";
import type { Mutations } from "./mutations.ts";
import { GROUP, USER } from "./simulated-client.ts";
import type { SendFate, SimulatedRegion } from "./simulated-region.ts";
import { STREAMS } from "./story.ts";

export const APPEND_TIMEOUT_IN_MS = 100;
export const SEND_TIMEOUT_IN_MS = 1000;

export interface ServerWorld {
  readonly judge: Judge;
  readonly mutations: Mutations;
  readonly store: HistoryStore;
  readonly clock: Clock;
  readonly host: Host;
  readonly random: () => number;
  readonly regions: readonly SimulatedRegion[];
  readonly maxMessages: number;
  readonly delayInMs: number;
  /** Whether this server sends to a region. */
  isInUse(region: number): boolean;
  fateOf(region: number, isMessage: boolean): SendFate;
  /** Something of the network, which does not stop with the server. */
  in(inMs: number, run: () => void): void;
}

interface Sending {
  readonly number: number;
  readonly stream: string;
  readonly excludedConnections: readonly string[];
  readonly key: string | undefined;
}

/** The real history of an app server, with its catch-up, between a simulated store and simulated regions. */
export class SimulatedServer {
  readonly name: string;
  readonly host: Host;
  readonly #world: ServerWorld;
  readonly #history: History;
  readonly #reads: HistoryReads;
  readonly #onUp = new Set<() => void>();

  constructor(name: string, world: ServerWorld) {
    this.name = name;
    this.#world = world;
    this.host = world.host;
    const { store, maxMessages, clock } = world;
    const configuration = {
      store,
      maxMessages,
      ttlInMs: 300_000,
      maxBytesPerStream: 8 * 1024 * 1024,
      appendTimeoutInMs: APPEND_TIMEOUT_IN_MS,
      groups: () => true,
      carrier: "metadata",
      authorize: undefined,
      replayOnJoin: 0,
    } as unknown as HistoryConfiguration;
    const context = this.#context(configuration);
    this.#history = new History(
      context,
      configuration,
      (endpoint, stream, frame) => {
        const index = world.regions.findIndex((region) => region.name === endpoint);
        return this.#sendTo(index, isMessage(frame), (region) =>
          this.#sendAgain(region, stream, frame),
        );
      },
      clock,
    );
    this.#reads = world.mutations.reading(context, this.#history, clock);
    this.#history.start();
  }

  /** A region is in use again. */
  regionUp(): void {
    for (const listener of this.#onUp) listener();
  }

  /** As the application does; it learns nothing that matters here. */
  async send(sending: Sending): Promise<void> {
    const { judge, mutations, clock } = this.#world;
    const { number, stream, excludedConnections, key } = sending;
    const body = new EncodedBody(Buffer.from(String(number)), "application/json");
    const askedAt = clock.now();
    const { stoppedUntil } = this.host;
    let logged: LoggedSend;
    try {
      logged = await this.#history.log({
        stream,
        body,
        excluded: excludedConnections.length > 0 ? excludedConnections : undefined,
        dueInMs: 2 * SEND_TIMEOUT_IN_MS,
        publication: key === undefined ? undefined : { fromUserId: USER, key },
      });
    } catch {
      judge.note(() => `${this.name} could not publish ${number}`);
      judge.givenUp(number);
      if (mutations.has("publications are bypassed"))
        await this.send({ ...sending, key: undefined });
      return;
    }
    const wasStopped = this.host.stoppedUntil > stoppedUntil;
    if (!wasStopped) judge.answered(number, clock.now() - askedAt);
    if (logged.isRepeated && !mutations.has("a key hit is sent")) return;
    if (logged.history === "bypassed") judge.bypassed(number);
    // Between append and send anything may happen.
    clock.callIn(this.#world.random() * this.#world.delayInMs, () => {
      judge.fannedOut(number);
      void this.#fanOut(stream, logged);
    });
  }

  async negotiate(): Promise<{ region: number; positions: Readonly<Record<string, string>> }> {
    const { regions, isInUse, random } = this.#world;
    const positions = await this.#reads.invite({ userId: USER, groups: [] });
    const inUse = [...regions.keys()].filter((index) => isInUse(index));
    const region = inUse[Math.floor(random() * inUse.length)] ?? 0;
    return { region, positions };
  }

  async catchUp(text: string): Promise<string> {
    const reader = { grant: {}, claims: CLAIMS, req: {} as Request };
    const request = readCatchUp(Buffer.from(text));
    const json = new JsonParts().add('{"streams":');
    await this.#reads.catchUps.read(json, reader as never, request, () => {});
    return this.#world.mutations.answered(json.add("}").list.join(""));
  }

  async close(): Promise<void> {
    await this.#history.close();
  }

  #sendAgain(region: SimulatedRegion, stream: string, frame: Frame): void {
    const { judge, mutations } = this.#world;
    const envelope = envelopeOf(frame);
    judge.note(() => `${this.name} sends again to ${region.name}: ${envelope}`);
    const sent = mutations.resent(frame);
    if (!sent) return;
    const receivers = region.publish(stream, sent, false);
    if (envelope.startsWith("1 m")) judge.publishedAgain(receivers, numberIn(frame));
  }

  async #fanOut(stream: string, logged: LoggedSend): Promise<void> {
    const { regions, isInUse, judge, mutations } = this.#world;
    const outcomes = await Promise.all(
      regions.map(async (region, index): Promise<[string, SendOutcome]> => {
        if (!isInUse(index)) return [region.name, "out-of-use"];
        const sends = [logged.frame, ...logged.skips].map((frame, part) =>
          this.#sendTo(index, isMessage(frame), (to) => {
            const receivers = to.publish(stream, mutations.live(frame), part === 0);
            if (part === 0) judge.published(receivers, numberIn(frame));
          }),
        );
        return [region.name, worstOf(await Promise.all(sends))];
      }),
    );
    logged.settle(new Map(outcomes));
  }

  #sendTo(
    index: number,
    isMessage: boolean,
    effect: (region: SimulatedRegion) => void,
  ): Promise<SendOutcome> {
    const { fateOf, host, regions } = this.#world;
    const region = regions[index] as SimulatedRegion;
    const { outcome, arrivesInMs, answersInMs, isGray } = fateOf(index, isMessage);
    return new Promise((resolve) => {
      if (arrivesInMs !== undefined && !isGray) {
        this.#world.in(arrivesInMs, () => effect(region));
      }
      this.#world.in(answersInMs, () => {
        host.deliver(() => resolve(region.isDown ? "unsure" : outcome));
      });
    });
  }

  #context(history: HistoryConfiguration): PluginContext {
    const { random, regions, isInUse, judge } = this.#world;
    const endpoints = regions.map(({ name }) => ({ name }));
    return {
      configuration: { hub: "sim", fanOut: { timeoutInMs: SEND_TIMEOUT_IN_MS }, history },
      random,
      registry: {
        all: () => endpoints,
        fanOutTargets: () => new Set(endpoints.filter((_, index) => isInUse(index))),
      },
      events: {
        emit: (event: string, payload: object) => {
          judge.note(() => `${this.name}: ${event} ${describe(payload)}`);
          if (event === "historyRestored") judge.restored(this.name);
        },
        onInternally: (_event: string, listener: () => void) => this.#onUp.add(listener),
      },
    } as unknown as PluginContext;
  }
}

const numberIn = ({ body }: Frame): number => JSON.parse(Buffer.from(body).toString());

const envelopeOf = ({ headers }: Frame): string => String(Object.values(headers));

const isMessage = (frame: Frame): boolean => /^1 [mb]/.test(envelopeOf(frame));

const CLAIMS = { userId: USER, groups: [GROUP], roles: [], readableSince: 0 };

const BADNESS: readonly SendOutcome[] = ["accepted", "out-of-use", "refused", "unsure"];

function worstOf(outcomes: readonly SendOutcome[]): SendOutcome {
  return outcomes.reduce((worst, each) =>
    BADNESS.indexOf(each) > BADNESS.indexOf(worst) ? each : worst,
  );
}

function describe(payload: object): string {
  const { error, lostForInMs } = payload as { error?: Error; lostForInMs?: number };
  return error?.message ?? String(lostForInMs);
}

export const streamNames: readonly string[] = STREAMS;
