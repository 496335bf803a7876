import {
  advance,
  ask,
  initialPositions,
  positionsOf,
} from "../../../../src/client/continuity/positions.ts";
import type {
  PositionEvent,
  StreamAnswer,
} from "../../../../src/client/continuity/stream-state.ts";
import type { StreamPosition } from "../../../../src/contract/history-store.ts";
import { lackOf } from "../../../../src/history/catch-up.ts";
import { removeStream } from "../../../../src/stores/memory-history/log.ts";
import * as operations from "../../../../src/stores/memory-history/operations.ts";
import {
  clone,
  type FaultKind,
  type Frame,
  inputsOf,
  type ModelState,
  type Server,
  type Side,
  STREAM,
} from "./state.ts";

const LIMITS = {
  maxMessages: 100,
  maxBytesPerStream: 1_000_000,
  ttlInMs: 1000,
  maxResends: 5,
  maxBytes: 1_000_000_000,
};
/** Messages that a store may have lost when it fails over. */
const maxLag = 1;
const REGIONS = ["r0", "r1"];

export class Violation extends Error {}

function expect(isRight: boolean, violation: string): void {
  if (!isRight) throw new Violation(violation);
}

const idOf = (number: number): string => `m${number}`;
const numberOf = (id: string): number => Number(id.slice(1));

export function sideOf(state: ModelState, { link }: Server): Side | undefined {
  if (link === "lost") return undefined;
  return link === "zombie" ? (state.zombie ?? state.primary) : state.primary;
}

/** Versions and leases are of no matter where a task is done in one step. */
function settleNumbers({ hub }: Side): void {
  hub.sequence = 0;
  for (const { tasks } of hub.endpoints.values()) {
    for (const task of tasks.values()) task.version = task.lease = 0;
  }
}

function learn(server: Server, position: StreamPosition, id?: string): void {
  const { known } = server;
  const isFurther = known?.epoch !== position.epoch || known.offset < position.offset;
  if (isFurther) server.known = { ...position, id };
}

function topBy(state: ModelState, server: Server): StreamPosition | undefined {
  const side = sideOf(state, server);
  if (!side) return undefined;
  const question = { stream: STREAM, known: server.known };
  const [top] = operations.tops(side.hub, [question], LIMITS, inputsOf(state, side));
  if (top) learn(server, top);
  settleNumbers(side);
  return top;
}

function append(state: ModelState, side: Side, server: Server | undefined, number: number) {
  const message = { id: idOf(number), dataType: "json" as const, data: String(number) };
  const isPrimary = side === state.primary;
  if (isPrimary && !hasFailedOver(state)) state.copies.splice(1, maxLag, clone(side.hub));
  const one = { stream: STREAM, known: server?.known, message, dueInMs: 0 };
  const [result] = operations.append(side.hub, [one], LIMITS, inputsOf(state, side));
  if (!result) throw new Error("No result");
  settleNumbers(side);
  return result.position;
}

export const hasFailedOver = ({ runs }: ModelState): boolean => runs > 1;

/** How an append goes. */
export type AppendHow = "well" | "append fails when done" | "append is lost" | "append is late";

export function send(state: ModelState, index: number, how: AppendHow): void {
  const server = state.servers[index] as Server;
  const side = sideOf(state, server);
  const number = state.messages.length;
  state.left -= 1;
  const isDue = positionsOf(state.client.positions)[STREAM] !== undefined;
  const message = {
    isLive: true,
    isKnown: !isDue,
    isDelivered: false,
    risk: undefined as number | undefined,
  };
  state.messages.push(message);
  let position: StreamPosition | undefined;
  if (side && how !== "append is lost" && how !== "append is late") {
    const logged = append(state, side, server, number);
    if (how === "well") {
      position = logged;
      learn(server, position, idOf(number));
      if (side === state.zombie) message.risk = index;
    }
  }
  if (side && how === "append is late") server.late.push(number);
  if (!position) {
    server.link = "lost";
    message.risk = index;
  }
  const frame: Frame = { type: position ? "message" : "bypassed", position, number };
  const left = REGIONS.map((_, region) => ({ region, frame }));
  server.publications.push({ number, position, left, undelivered: [] });
}

export type SendHow = "well" | "send unsure, done" | "send unsure, lost" | "send accepted, lost";

/** The next send of a publication arrives at its region. */
export function fanOut(state: ModelState, index: number, at: number, how: SendHow): void {
  const server = state.servers[index] as Server;
  const publication = server.publications[at];
  const sending = publication?.left.shift();
  if (!publication || !sending) return;
  const region = REGIONS[sending.region] as string;
  if (how === "well" || how === "send unsure, done") publish(state, sending.region, sending.frame);
  if (how === "send unsure, done" || how === "send unsure, lost")
    publication.undelivered.push(region);
  if (publication.left.length > 0) return;
  server.publications.splice(at, 1);
  const { position, undelivered } = publication;
  if (!position) {
    // Not logged and not accepted: clients must learn that there is a gap.
    if (undelivered.length > 0) server.link = "lost";
    return;
  }
  const side = sideOf(state, server);
  if (!side) return;
  const settlement = { stream: STREAM, position, undelivered, retryInMs: 0 };
  operations.settle(side.hub, [settlement], LIMITS, inputsOf(state, side));
  settleNumbers(side);
}

function publish({ client }: ModelState, region: number, frame: Frame): void {
  if (client.region === region) client.frames.push(frame);
}

/** The store is open again. */
export function comeBack(state: ModelState, index: number): void {
  const server = state.servers[index] as Server;
  server.link = "primary";
  operations.renewEpochs(state.primary.hub, "all", inputsOf(state, state.primary));
  settleNumbers(state.primary);
  for (const message of state.messages) if (message.risk === index) message.risk = undefined;
}

/** What a link that was given up has still sent. */
export function arriveLate(state: ModelState, index: number): void {
  const server = state.servers[index] as Server;
  const number = server.late.shift();
  if (number !== undefined) append(state, state.primary, undefined, number);
}

export function empty(state: ModelState, index: number): void {
  const server = state.servers[index] as Server;
  const side = sideOf(state, server);
  if (!side) return;
  const inputs = inputsOf(state, side);
  const question = { endpoints: REGIONS, limit: 16, leaseInMs: 0 };
  for (const task of operations.claim(side.hub, question, LIMITS, inputs)) {
    const regions = REGIONS.flatMap((name, region) =>
      task.endpoint === undefined || task.endpoint === name ? [region] : [],
    );
    for (const frame of framesOf(state, server, side, task)) {
      for (const region of regions) publish(state, region, frame);
    }
    operations.finish(side.hub, task, "done", inputs);
  }
  settleNumbers(side);
}

function framesOf(
  state: ModelState,
  server: Server,
  side: Side,
  { stream, epoch, offsets }: ReturnType<typeof operations.claim>[number],
): Frame[] {
  if (stream !== undefined && epoch !== undefined && offsets.length > 0) {
    const questions = offsets.map((offset) => ({ stream, epoch, from: offset, to: offset }));
    const ranges = operations.ranges(side.hub, questions, LIMITS, inputsOf(state, side));
    const entries = ranges.map((range) => range?.[0]);
    if (!entries.includes(undefined)) {
      return entries.flatMap((entry) =>
        entry
          ? [
              {
                type: "message",
                position: { epoch, offset: entry.offset },
                number: numberOf(entry.id),
              },
            ]
          : [],
      );
    }
  }
  const position = stream === undefined ? undefined : topBy(state, server);
  return [{ type: "check", position, number: undefined }];
}

/** The client connects, after a server has told where the stream ends. */
export function connect(state: ModelState, index: number, region: number): void {
  const { client } = state;
  const top = topBy(state, state.servers[index] as Server);
  client.oldFrames = client.frames;
  client.frames = [];
  client.region = region;
  tell(state, { type: "connected", positions: top ? { [STREAM]: top } : {} });
}

export function reload(state: ModelState): void {
  const { client } = state;
  const { bypassed, logged } = client.positions;
  const received = [...logged, ...bypassed];
  client.positions = initialPositions(positionsOf(client.positions), received);
  client.question = client.asked = undefined;
  client.frames = [];
  client.oldFrames = [];
}

export function receive(state: ModelState, queue: Frame[]): void {
  const frame = queue.shift();
  if (!frame) return;
  tell(state, eventOf(frame));
}

function eventOf({ type, position, number }: Frame): PositionEvent<number> {
  if (type === "check") return { type, stream: position && STREAM, position };
  const message = number as number;
  const id = idOf(message);
  if (type === "bypassed" || !position) return { type: "bypassed", stream: STREAM, id, message };
  return { type, stream: STREAM, position, id, message, size: 1 };
}

/** What waited has waited long enough. */
export function hold(state: ModelState): void {
  tell(state, { type: "held", stream: STREAM });
}

export function look(state: ModelState): void {
  tell(state, { type: "check" });
}

export function question(state: ModelState, index: number): void {
  const { client } = state;
  const questions = ask(client.positions, 64);
  const asked = questions.get(STREAM);
  // The client's user has a stream of its own, in which nothing happens.
  client.asked = asked ?? { since: {}, seen: undefined };
  client.question = { server: index, answer: undefined };
}

/** The server asks the store, and answers. */
export function answer(state: ModelState): void {
  const { client } = state;
  if (!client.question || !client.asked) return;
  const { server: index } = client.question;
  const server = state.servers[index] as Server;
  const top = topBy(state, server);
  const side = sideOf(state, server);
  if (!top || !side) {
    fail(state);
    return;
  }
  const { since, seen } = client.asked;
  const { epoch, offset } = since;
  if (epoch === undefined || offset === undefined) {
    client.question = { server: index, answer: { position: top, recovered: true, messages: [] } };
    return;
  }
  const lack = lackOf({ since: { epoch, offset }, seen }, top);
  const range = { stream: STREAM, epoch: top.epoch, from: Number(offset) + 1, to: top.offset };
  const [entries] =
    typeof lack === "number" && lack > 0
      ? operations.ranges(side.hub, [range], LIMITS, inputsOf(state, side))
      : [[]];
  const recovered = typeof lack === "number" && entries !== undefined;
  const messages = (recovered ? entries : []).map((entry) => ({
    offset: entry.offset,
    number: numberOf(entry.id),
  }));
  client.question = { server: index, answer: { position: top, recovered, messages } };
}

export function fail(state: ModelState): void {
  state.client.question = state.client.asked = undefined;
  tell(state, { type: "failed" });
}

export function hear(state: ModelState): void {
  const { client } = state;
  const heard = client.question?.answer;
  if (!heard) return;
  client.question = client.asked = undefined;
  const { position, recovered, messages } = heard;
  const given = messages.map(({ offset, number }) => ({
    offset,
    id: idOf(number),
    message: number,
  }));
  const own = { position: { epoch: "userxxxx", offset: 0 }, recovered: true, messages: [] };
  const answers = new Map<string, StreamAnswer<number>>([
    [STREAM, { position, recovered, reason: recovered ? undefined : "epoch", messages: given }],
    ["u", own],
  ]);
  tell(state, { type: "answered", answers });
}

/** Something happens to the client, and is judged. */
function tell(state: ModelState, event: PositionEvent<number>): void {
  const { client, messages } = state;
  const before = positionsOf(client.positions)[STREAM];
  const effects = advance(client.positions, event);
  const after = positionsOf(client.positions)[STREAM];
  let isTold = false;
  for (const effect of effects) {
    if (effect.type === "deliver") {
      const message = messages[effect.message];
      expect(message?.isDelivered === false, `message ${effect.message} is delivered twice`);
      if (message) message.isDelivered = message.isKnown = true;
    } else if (effect.type === "told" && effect.stream === STREAM && !effect.recovered) {
      isTold = true;
      for (const message of messages) message.isKnown = true;
    }
  }
  if (!before || !after || isTold) return;
  const isForward = before.epoch === after.epoch && before.offset <= after.offset;
  expect(isForward, `the client goes silently from ${textOf(before)} to ${textOf(after)}`);
  expectNoHole(state, before, after);
}

/** What the client has gone over, by what any store still has of it. */
function expectNoHole(state: ModelState, before: StreamPosition, after: StreamPosition): void {
  for (const side of [state.primary, state.zombie]) {
    const stream = side?.hub.streams.get(STREAM);
    if (stream?.record.epoch !== after.epoch) continue;
    for (let offset = before.offset + 1; offset <= after.offset; offset += 1) {
      const entry = stream.entries.get(offset);
      if (!entry) continue;
      const number = numberOf(entry.id);
      expect(
        state.messages[number]?.isDelivered === true,
        `the client goes over message ${number}`,
      );
    }
  }
}

const textOf = ({ epoch, offset }: StreamPosition): string => `${epoch}:${offset}`;

// Faults that are steps of their own.

function replace(state: ModelState, lag: number): void {
  const hub = state.copies[lag] ?? clone(state.primary.hub);
  state.runs += 1;
  state.primary = { hub, run: `run${state.runs}` };
  state.copies = [undefined];
}

export function failOver(state: ModelState, lag: number): void {
  replace(state, lag);
  for (const server of state.servers) if (server.link === "primary") server.link = "lost";
}

/** The second server goes on with the store as it was. */
export function split(state: ModelState, lag: number): void {
  const { primary } = state;
  replace(state, lag);
  state.zombie = primary;
  const [first, second] = state.servers;
  if (first?.link === "primary") first.link = "lost";
  if (second?.link === "primary") second.link = "zombie";
}

/** The other store is gone; its server is told so, or finds itself at the primary. */
export function heal(state: ModelState, isTold: boolean): void {
  state.zombie = undefined;
  for (const server of state.servers) {
    if (server.link === "zombie") server.link = isTold ? "lost" : "primary";
  }
}

export function kill(state: ModelState, index: number): void {
  const server = state.servers[index] as Server;
  server.publications = [];
  server.known = undefined;
  server.link = "primary";
  // Nobody knows what it has sent without its being logged: that is documented.
  for (const message of state.messages) if (message.risk === index) message.isKnown = true;
}

export function evict(state: ModelState): void {
  removeStream(state.primary.hub, STREAM);
}

export function trim(state: ModelState): void {
  const stream = state.primary.hub.streams.get(STREAM);
  const [first] = stream?.entries.keys() ?? [];
  if (stream && first !== undefined) stream.entries.delete(first);
}

export type { FaultKind };
