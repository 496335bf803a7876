import type { StreamPosition } from "../../../../src/client/continuity/envelope.ts";
import type {
  ClientPositions,
  PositionEffect,
  PositionEvent,
  StreamAnswer,
  StreamQuestion,
} from "../../../../src/client/continuity/stream-state.ts";
import { oneOf, type RandomSource } from "../../../support/random-source.ts";
import { Judge } from "./judge.ts";
import { ModelStream } from "./model-stream.ts";

export type Core = typeof import("../../../../src/client/continuity/positions.ts");

/** What there may be in a run, beside what always happens. */
export interface ModelSettings {
  /** Frames may be lost, and the client compares its positions at intervals. */
  readonly isLossy: boolean;
  /** Answers may leave out a message and say that they do not. */
  readonly isPartial?: boolean;
  /** A server may answer that has not heard of the latest epoch. */
  readonly isSplit?: boolean;
  readonly steps: number;
}

interface Read {
  readonly questions: ReadonlyMap<string, StreamQuestion>;
  answers: Map<string, StreamAnswer<string>> | undefined;
}

type Frame = PositionEvent<string>;

/** The client has no user, which it cannot know where negotiate told nothing. */
const FORBIDDEN = { position: undefined, recovered: false, reason: "forbidden", messages: [] };

/** One client, its connection and the store, in a random order of all that may happen to them. */
export class ModelRun {
  readonly #core: Core;
  readonly #random: RandomSource;
  readonly #settings: ModelSettings;
  readonly #hub = new ModelStream("a");
  readonly #group = new ModelStream("g:news");
  readonly #judges = new Map(
    [this.#hub, this.#group].map((stream) => [stream.name, new Judge(stream)]),
  );
  /** Of the service: what the connection is in. */
  readonly #members = new Set<string>();
  readonly #holds = new Set<string>();
  readonly #sent: Frame[] = [];
  #state: ClientPositions<string>;
  #arriving: Frame[] = [];
  #negotiated: Record<string, StreamPosition> | undefined;
  #isConnected = false;
  #isAcknowledged = false;
  #isWanted = false;
  #read: Read | undefined;
  /** Sent without a position, and perhaps logged yet. */
  #late: { readonly stream: ModelStream; readonly id: string }[] = [];
  #hasBypassed = false;
  #lastId = 0;
  #isResting = false;

  constructor(core: Core, random: RandomSource, settings: ModelSettings) {
    this.#core = core;
    this.#random = random;
    this.#settings = settings;
    this.#state = core.initialPositions();
  }

  /** @throws Error whatever the judge objects to */
  run(): void {
    const steps = Object.values(this.#commands);
    for (let step = 0; step < this.#settings.steps; step += 1) {
      oneOf(this.#random, steps as [() => void, ...(() => void)[]])();
      if (this.#random() < 0.02) this.#state = structuredClone(this.#state);
    }
    this.#comeToRest();
  }

  readonly #commands = {
    log: () => this.#log(),
    logMore: () => this.#log(),
    logBesides: () => this.#log(),
    skip: () => {
      const stream = this.#any();
      const position = stream.append("");
      this.#send({
        type: "message",
        stream: stream.name,
        position,
        id: undefined,
        message: undefined,
        size: 1,
      });
    },
    bypass: () => {
      const stream = this.#any();
      const id = this.#id();
      this.#hasBypassed = true;
      this.#late.push({ stream, id });
      this.#send({ type: "bypassed", stream: stream.name, id, message: id });
    },
    logLate: () => {
      const late = this.#late.shift();
      if (late && this.#random() < 0.5) this.#log(late.stream, late.id);
      else if (late) this.#renew(late.stream);
    },
    arrive: () => this.#arrive(0),
    arriveToo: () => this.#arrive(0),
    overtake: () => this.#arrive(Math.floor(this.#random() * this.#arriving.length)),
    duplicate: () => {
      const [frame] = this.#arriving;
      if (frame) this.#arriving.push(frame);
    },
    repeatOld: () => {
      const frame = this.#sent[Math.floor(this.#random() * this.#sent.length)];
      if (frame && this.#isConnected) this.#arriving.push(frame);
    },
    lose: () => {
      if (this.#settings.isLossy) this.#arriving.shift();
    },
    check: () => {
      const stream = this.#any();
      if (this.#random() < 0.3) this.#sendCheck(stream);
    },
    renewEpoch: () => {
      if (this.#random() < 0.2) this.#renew(this.#any());
    },
    trim: () => {
      if (this.#random() < 0.2) this.#any().trim();
    },
    move: () => {
      if (this.#random() < 0.3) this.#disconnect();
    },
    reload: () => {
      if (this.#random() > 0.1 || this.#hasBypassed) return;
      this.#disconnect();
      this.#state = this.#core.initialPositions(this.#core.positionsOf(this.#state));
      this.#read = undefined;
      this.#holds.clear();
      for (const judge of this.#judges.values()) judge.forget();
    },
    negotiate: () => {
      if (this.#isConnected) return;
      // Now and then the store is away.
      this.#negotiated = this.#random() < 0.9 ? { [this.#hub.name]: this.#hub.top } : {};
    },
    connect: () => this.#connect(),
    join: () => {
      if (this.#isConnected) this.#members.add(this.#group.name);
    },
    acknowledge: () => {
      if (!this.#members.has(this.#group.name) || this.#isAcknowledged) return;
      this.#isAcknowledged = true;
      this.#advance({ type: "joined", stream: this.#group.name });
    },
    ask: () => this.#ask(),
    serve: () => this.#serve(),
    answer: () => this.#answer(),
    fail: () => {
      if (!this.#read || this.#random() > 0.3) return;
      this.#read = undefined;
      this.#advance({ type: "failed" });
    },
    holdEnds: () => this.#endHold(),
    checkPositions: () => {
      if (this.#settings.isLossy && this.#random() < 0.2) this.#advance({ type: "check" });
    },
  };

  #any(): ModelStream {
    return oneOf(this.#random, [this.#hub, this.#group]);
  }

  #id(): string {
    this.#lastId += 1;
    return `m${this.#lastId}`;
  }

  #log(stream = this.#any(), id = this.#id()): void {
    const position = stream.append(id);
    this.#send({ type: "message", stream: stream.name, position, id, message: id, size: 1 });
  }

  #renew(stream: ModelStream): void {
    this.#late = this.#late.filter((late) => late.stream !== stream);
    stream.renew();
    this.#sendCheck(stream);
  }

  #sendCheck({ name, top }: ModelStream): void {
    const isOfAll = this.#random() < 0.1;
    this.#send(isOfAll ? { type: "check" } : { type: "check", stream: name, position: top }, name);
  }

  #send(frame: Frame, stream = "stream" in frame ? frame.stream : undefined): void {
    if (!stream || !this.#members.has(stream)) return;
    this.#arriving.push(frame);
    this.#sent.push(frame);
  }

  #arrive(index: number): void {
    const [frame] = this.#isConnected ? this.#arriving.splice(index, 1) : [];
    if (!frame) return;
    const isOwed = frame.type === "message" && frame.message && this.#isAcknowledged;
    const { epoch } = this.#state.streams.get(this.#group.name) ?? {};
    if (isOwed && frame.stream === this.#group.name && epoch === undefined) {
      this.#judges.get(frame.stream)?.owe(frame.message, frame.position);
    }
    this.#advance(frame);
  }

  #disconnect(): void {
    this.#isConnected = this.#isAcknowledged = false;
    this.#members.clear();
    this.#arriving = [];
    this.#negotiated = undefined;
  }

  #connect(): void {
    if (this.#isConnected || !this.#negotiated) return;
    this.#isConnected = true;
    const { name } = this.#hub;
    const position = this.#negotiated[name];
    const isNew = this.#state.streams.get(name)?.epoch === undefined;
    if (isNew && position) this.#judges.get(name)?.begin(position);
    this.#members.add(name);
    this.#advance({ type: "connected", positions: this.#negotiated });
  }

  #ask(): void {
    if (this.#read || !this.#isWanted) return;
    this.#isWanted = false;
    const questions = this.#core.ask(this.#state, this.#random() < 0.1 ? 1 : 64);
    if (questions.size > 0) this.#read = { questions, answers: undefined };
  }

  #serve(): void {
    if (!this.#read || this.#read.answers) return;
    this.#read.answers = new Map(
      [...this.#read.questions].map(([name, question]) => {
        const stream = [this.#hub, this.#group].find((each) => each.name === name);
        return [name, stream ? this.#answerOf(stream, question) : FORBIDDEN];
      }),
    );
  }

  #answerOf(stream: ModelStream, question: StreamQuestion): StreamAnswer<string> {
    const { isPartial, isSplit } = this.#settings;
    const isBehind = isSplit && !this.#isResting && this.#random() < 0.2;
    const answer = stream.answer(question, isBehind ? stream.formerTop : stream.top);
    if (!isPartial || this.#random() < 0.7) return answer;
    return { ...answer, messages: answer.messages.slice(1) };
  }

  #answer(): void {
    const answers = this.#read?.answers;
    if (!answers) return;
    this.#read = undefined;
    this.#advance({ type: "answered", answers });
    for (const [name, { position }] of answers) {
      // An answer of an epoch that the client has left says nothing.
      const { epoch } = this.#state.streams.get(name) ?? {};
      if (position?.epoch === epoch && position) this.#judges.get(name)?.settle(position);
    }
  }

  #endHold(): void {
    const [stream] = this.#holds;
    if (stream === undefined) return;
    this.#holds.delete(stream);
    this.#advance({ type: "held", stream });
  }

  #advance(event: PositionEvent<string>): void {
    const effects = this.#core.advance(this.#state, event);
    for (const effect of effects) {
      if (effect.type === "read") this.#isWanted = true;
      else if (effect.type === "hold") this.#holds.add(effect.stream);
      else this.#see(effect);
    }
  }

  #see(effect: Exclude<PositionEffect<string>, { type: "read" | "hold" }>): void {
    const isHole = effect.type === "told" && effect.reason === "hole";
    if (isHole && !this.#settings.isPartial) throw new Error("told of a hole that is none");
    this.#judges.get(effect.stream)?.see(effect);
  }

  /** Everything that is under way arrives, and then the client has all, or was told. */
  #comeToRest(): void {
    this.#isResting = true;
    if (this.#late.length > 0) for (const { stream } of [...this.#late]) this.#renew(stream);
    this.#commands.negotiate();
    this.#connect();
    this.#commands.join();
    this.#commands.acknowledge();
    if (this.#settings.isLossy) this.#advance({ type: "check" });
    for (let round = 0; round < 100 && this.#isBusy; round += 1) {
      while (this.#arriving.length > 0) this.#arrive(0);
      this.#endHold();
      this.#ask();
      this.#serve();
      this.#answer();
    }
    if (this.#isBusy) throw new Error("the client does not come to rest");
    for (const { name, top } of [this.#hub, this.#group]) this.#judges.get(name)?.end(top);
  }

  get #isBusy(): boolean {
    return (
      this.#isWanted || this.#arriving.length + this.#holds.size > 0 || this.#read !== undefined
    );
  }
}
