import { type StreamPosition, writePosition } from "./envelope.ts";
import type {
  ClientPositions,
  Held,
  PositionEffect,
  PositionEvent,
  StreamAnswer,
  StreamOrigin,
  StreamQuestion,
  StreamState,
} from "./stream-state.ts";

// More than that is not worth keeping: a read brings it as well.
const maxHeldFrames = 256;
const maxHeldCharacters = 1024 * 1024;
const maxLeftEpochs = 8;
const maxRefusals = 3;
const maxKnownIds = 1024;

/**
 * Of a client that has read nothing yet, or has been restored with these positions.
 *
 * @param received Ids of the last messages that it had: one may come once more, with a position or without.
 */
export function initialPositions<Message>(
  saved: Readonly<Record<string, StreamPosition>> = {},
  received: readonly string[] = [],
): ClientPositions<Message> {
  const streams = new Map<string, StreamState<Message>>();
  for (const [name, position] of Object.entries(saved)) {
    // Whether the token still has it, the next negotiate tells.
    streams.set(name, { ...newStream<Message>("token"), ...position, seen: position.offset });
  }
  return { streams, bypassed: new Set(received), logged: new Set() };
}

/** Where each stream has been read to. */
export function positionsOf(state: ClientPositions<unknown>): Record<string, StreamPosition> {
  const known: Record<string, StreamPosition> = {};
  for (const [name, { epoch, offset }] of state.streams) if (epoch) known[name] = { epoch, offset };
  return known;
}

/** Whether a stream that was joined has yet to be read. */
export const isCatchingUp = (state: ClientPositions<unknown>): boolean =>
  [...state.streams.values()].some(({ isJoined, isUnread }) => isJoined && isUnread);

/**
 * What to ask now, which changes the state: there must be no question under way. Until it is
 * answered, or has failed, none of it is asked again.
 */
export function ask(
  state: ClientPositions<unknown>,
  maxStreams: number,
): Map<string, StreamQuestion> {
  const questions = new Map<string, StreamQuestion>();
  for (const [name, stream] of state.streams) {
    if (!stream.isDue || questions.size >= maxStreams) continue;
    const { epoch, offset, seen } = stream;
    stream.isDue = false;
    stream.asked = { epoch, offset, seen };
    questions.set(name, {
      since: { epoch, offset },
      seen: epoch && seen > offset ? { epoch, offset: seen } : undefined,
    });
  }
  return questions;
}

/**
 * Changes the state by what happened.
 *
 * @returns What is to be done.
 */
export function advance<Message>(
  state: ClientPositions<Message>,
  event: PositionEvent<Message>,
): PositionEffect<Message>[] {
  const step = new Step(state);
  step.take(event);
  return step.effects;
}

/** One event, and what it leads to. */
class Step<Message> {
  readonly effects: PositionEffect<Message>[] = [];
  readonly #state: ClientPositions<Message>;

  constructor(state: ClientPositions<Message>) {
    this.#state = state;
  }

  take(event: PositionEvent<Message>): void {
    const { streams, bypassed } = this.#state;
    switch (event.type) {
      case "connected":
        this.#connect(event.positions);
        break;
      case "joined":
        this.#join(this.#streamOf(event.stream, "join"));
        break;
      case "left":
        streams.delete(event.stream);
        break;
      case "message":
        this.#receive(event.stream, event, event);
        break;
      case "bypassed":
        this.#deliver(event.stream, event, bypassed);
        break;
      case "check":
        if (event.stream) this.#receive(event.stream, event);
        else for (const stream of streams.values()) if (stream.isJoined) this.#want(stream);
        break;
      case "held": {
        const stream = streams.get(event.stream);
        if (!stream) break;
        stream.isHolding = false;
        if (isBehind(stream) && !stream.asked) this.#want(stream);
        break;
      }
      case "answered":
        this.#settle(event.answers);
        break;
      case "failed":
        this.#settle(new Map());
    }
  }

  /** The service puts it into the groups of its token, and it joins its own ones again. */
  #connect(positions: Readonly<Record<string, StreamPosition>>): void {
    const { streams } = this.#state;
    // Where the store was away, negotiate could tell nothing, and nothing has been left either.
    const isTold = "a" in positions;
    const names = isTold ? Object.keys(positions) : ["a", "u"];
    for (const [name, stream] of streams) {
      stream.isJoined = false;
      if (stream.by !== "token") continue;
      if (isTold) stream.by = "frame";
      else names.push(name);
    }
    for (const name of names) {
      const stream = this.#streamOf(name, "token");
      stream.by = "token";
      if (!stream.epoch) begin(stream, positions[name]);
      this.#join(stream);
    }
  }

  #streamOf(name: string, by: StreamOrigin): StreamState<Message> {
    const { streams } = this.#state;
    const stream = streams.get(name) ?? newStream(by);
    streams.set(name, stream);
    if (stream.by === "frame") stream.by = by;
    return stream;
  }

  #join(stream: StreamState<Message>): void {
    stream.isJoined = stream.isUnread = true;
    stream.isForbidden = false;
    this.#want(stream);
  }

  #want(stream: StreamState<Message>): void {
    stream.isDue = true;
    this.effects.push({ type: "read" });
  }

  /** Somebody else has put the connection into the group. */
  #heardOf(name: string): StreamState<Message> {
    const stream = this.#streamOf(name, "frame");
    if (stream.by === "frame" && !stream.isJoined) this.#join(stream);
    return stream;
  }

  /** @param held Undefined for a check. */
  #receive(
    name: string,
    { position }: { readonly position?: StreamPosition | undefined },
    held?: Held<Message>,
  ): void {
    const stream = this.#heardOf(name);
    if (stream.isForbidden) this.#deliver(name, held, this.#state.logged);
    else if (!position) this.#want(stream);
    else if (this.#look(stream, position)) {
      if (held) this.#keep(stream, held);
      this.#drain(name, stream);
    }
  }

  /** @returns Whether it is more than the client has. */
  #look(stream: StreamState<Message>, { epoch, offset }: StreamPosition): boolean {
    if (hasLeft(stream, epoch)) return false;
    // It may be older than what the client has, or newer; only the store knows.
    if (epoch !== stream.epoch) this.#want(stream);
    else stream.seen = Math.max(stream.seen, offset);
    return epoch !== stream.epoch || offset > stream.offset;
  }

  #keep(stream: StreamState<Message>, held: Held<Message>): void {
    const key = writePosition(held.position);
    let characters = held.size;
    for (const other of stream.held.values()) characters += other.size;
    const isFull = stream.held.size >= maxHeldFrames || characters > maxHeldCharacters;
    // What comes next in its turn is not kept for long.
    if (!isFull || key === keyOfNext(stream)) stream.held.set(key, held);
    else {
      stream.held.clear();
      this.#retry(stream);
    }
  }

  /** Delivers what has its turn, and sees to the rest. */
  #drain(name: string, stream: StreamState<Message>): void {
    const { held } = stream;
    for (;;) {
      const key = keyOfNext(stream);
      const next = held.get(key);
      if (!next) break;
      held.delete(key);
      stream.offset += 1;
      this.#deliver(name, next, this.#state.logged);
    }
    if (!isBehind(stream) || stream.isHolding || stream.isDue || stream.asked) return;
    stream.isHolding = true;
    this.effects.push({ type: "hold", stream: name });
  }

  #deliver(
    stream: string,
    { id, message, position, isReplayed = false }: Partial<Held<Message>> = {},
    known: Set<string>,
  ): void {
    const { bypassed, logged } = this.#state;
    if (id === undefined || message === undefined || bypassed.has(id) || logged.has(id)) return;
    known.add(id);
    if (known.size > maxKnownIds) known.delete(known.values().next().value as string);
    this.effects.push({ type: "deliver", stream, position, message, isReplayed });
  }

  #settle(answers: ReadonlyMap<string, StreamAnswer<Message>>): void {
    for (const [name, stream] of this.#state.streams) {
      const { asked } = stream;
      const answer = answers.get(name);
      stream.asked = undefined;
      if (asked && answer?.position) this.#answer(name, stream, asked, answer.position, answer);
      else if (asked && answer?.reason === "forbidden") this.#forbid(name, stream);
      else if (asked) this.#retry(stream);
      // It may have been joined, or have become due otherwise, since it was asked about.
      if (stream.isDue) this.#want(stream);
    }
  }

  #answer(
    name: string,
    stream: StreamState<Message>,
    asked: Asked,
    position: StreamPosition,
    answer: StreamAnswer<Message>,
  ): void {
    if (asked.epoch !== stream.epoch || isRefused(stream, position)) {
      this.#retry(stream);
      return;
    }
    const { messages } = answer;
    // What it was joined since, or has become due for, is a question of its own.
    stream.isUnread &&= stream.isDue;
    const isFirst = !stream.epoch;
    const recovered = isFirst ? !stream.isVague : isWhole(stream, asked, position, answer);
    if (isFirst) begin(stream, position, messages);
    else if (!recovered) leave(stream, asked, position);
    if (!isFirst || !recovered) {
      const reason = recovered ? undefined : reasonOf(answer, isFirst);
      this.effects.push({ type: "told", stream: name, recovered, reason });
    }
    if (isFirst || recovered) replay(stream, position, messages);
    discard(stream);
    this.#drain(name, stream);
  }

  #retry(stream: StreamState<Message>): void {
    stream.isVague ||= !stream.epoch;
    this.#want(stream);
  }

  #forbid(name: string, stream: StreamState<Message>): void {
    const { by, epoch, held, isJoined } = stream;
    const isGuess = by === "token" && !epoch;
    if (!isGuess)
      this.effects.push({ type: "told", stream: name, recovered: false, reason: "forbidden" });
    this.#state.streams.set(name, { ...newStream(by), isJoined, isForbidden: true });
    for (const each of held.values()) this.#deliver(name, each, this.#state.logged);
  }
}

type Asked = NonNullable<StreamState<unknown>["asked"]>;

const isBehind = ({ epoch, offset, seen }: StreamState<unknown>): boolean =>
  epoch !== undefined && seen > offset;

/** As what comes next in its turn is held; none where it is not known what that is. */
const keyOfNext = (stream: StreamState<unknown>): string =>
  writePosition({ ...stream, offset: stream.offset + 1 });

const hasLeft = ({ left }: StreamState<unknown>, epoch: string): boolean =>
  left.some((each) => each.epoch === epoch);

/**
 * An answer of an epoch that the client left is a late one, or of a server that knows less than others:
 * unless all say so again and again.
 */
function isRefused(stream: StreamState<unknown>, { epoch }: StreamPosition): boolean {
  stream.refusals = hasLeft(stream, epoch) ? stream.refusals + 1 : 0;
  return stream.refusals > 0 && stream.refusals <= maxRefusals;
}

/** All or nothing: whether each message from the position to the end is there. */
function isWhole(
  stream: StreamState<unknown>,
  asked: Asked,
  { epoch, offset }: StreamPosition,
  { recovered, messages }: StreamAnswer<unknown>,
): boolean {
  // The client knows of more than the store does.
  if (epoch !== stream.epoch || asked.seen > offset) return false;
  const hasOvertaken = stream.offset > asked.offset && stream.offset >= offset;
  return hasOvertaken || (recovered && messages.length === offset - asked.offset);
}

function reasonOf({ recovered, reason }: StreamAnswer<unknown>, isFirst: boolean): string {
  if (isFirst) return "store";
  return (!recovered && reason) || "hole";
}

/** The first that is for this client: the first that has come or was answered, or else the next one. */
function begin(
  stream: StreamState<unknown>,
  position: StreamPosition | undefined,
  messages: StreamAnswer<unknown>["messages"] = [],
): void {
  stream.isVague = !position;
  if (!position) return;
  const held = heldOf(stream, position.epoch);
  const offsets = [...held, ...messages.map(({ offset }) => offset)];
  stream.epoch = position.epoch;
  stream.offset = Math.min(position.offset, ...offsets.map((offset) => offset - 1));
  stream.seen = Math.max(position.offset, ...held);
}

/** Goes on at the end of what the store has. */
function leave(
  stream: StreamState<unknown>,
  asked: Asked,
  { epoch, offset }: StreamPosition,
): void {
  const isSame = epoch === stream.epoch;
  // The end of the epoch is lost: what has that place now is another message.
  const isForgotten = isSame && asked.seen > offset;
  const before = stream.left.find((left) => left.epoch === epoch);
  if (!isSame) {
    const others = stream.left.filter((left) => left !== before);
    const left = { epoch: stream.epoch as string, offset: stream.offset };
    stream.left = [...others, left].slice(-maxLeftEpochs);
  }
  if (isForgotten) stream.held.clear();
  const goesOn = isSame && !isForgotten;
  stream.epoch = epoch;
  stream.offset = Math.max(offset, goesOn ? stream.offset : (before?.offset ?? 0));
  stream.seen = Math.max(stream.offset, goesOn ? stream.seen : 0, ...heldOf(stream, epoch));
}

/** The offsets of what is held of that epoch. */
const heldOf = ({ held }: StreamState<unknown>, epoch: string): number[] =>
  [...held.values()].flatMap(({ position }) => (position.epoch === epoch ? position.offset : []));

function replay<Message>(
  { held }: StreamState<Message>,
  { epoch }: StreamPosition,
  messages: StreamAnswer<Message>["messages"],
): void {
  for (const { offset, id, message } of messages) {
    const position = { epoch, offset };
    const key = writePosition(position);
    if (!held.has(key)) held.set(key, { position, id, message, size: 0, isReplayed: true });
  }
}

/** What has had its turn, or has been asked about in vain. */
function discard(stream: StreamState<unknown>): void {
  const { held, epoch, offset, isDue } = stream;
  for (const [key, { position }] of held) {
    const isUseless =
      position.epoch === epoch
        ? position.offset <= offset
        : !isDue || hasLeft(stream, position.epoch);
    if (isUseless) held.delete(key);
  }
}

const newStream = <Message>(by: StreamOrigin): StreamState<Message> => ({
  by,
  offset: 0,
  seen: 0,
  left: [],
  refusals: 0,
  held: new Map(),
});
