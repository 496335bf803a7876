import { positionsOf } from "../../../../src/client/continuity/positions.ts";
import {
  clone,
  type FaultKind,
  initialState,
  keyOf,
  type ModelState,
  type Server,
  STREAM,
} from "./state.ts";
import * as steps from "./steps.ts";

/** Something that can happen now. */
interface Step {
  readonly name: string;
  readonly fault?: FaultKind;
  run(state: ModelState): void;
}

interface Node {
  /** Undefined when it has been left: only the way there is of interest then. */
  state: ModelState | undefined;
  readonly parent: Node | undefined;
  readonly step: string;
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** What happened, in this order, and what is wrong then. */
  readonly counterexample: readonly string[] | undefined;
}

const APPEND_FAULTS = ["append fails when done", "append is lost", "append is late"] as const;
const SEND_FAULTS = ["send unsure, done", "send unsure, lost", "send accepted, lost"] as const;

/** What can happen in a state; with two servers, two regions, and one client. */
function stepsFrom(state: ModelState): Step[] {
  return [
    ...state.servers.flatMap((server, index) => stepsOfServer(state, server, index)),
    ...stepsOfClient(state),
    ...stepsOfStore(state),
  ];
}

function stepsOfServer(state: ModelState, server: Server, index: number): Step[] {
  const list: Step[] = [];
  const add = (name: string, run: Step["run"], fault?: FaultKind): void =>
    void list.push({ name: `server ${index}: ${name}`, run, ...(fault ? { fault } : {}) });
  if (state.left > 0) {
    add("sends", (next) => steps.send(next, index, "well"));
    if (server.link !== "lost") {
      for (const how of APPEND_FAULTS) {
        add(`sends, ${how}`, (next) => steps.send(next, index, how), how);
      }
    }
  }
  for (const at of server.publications.keys()) {
    add(`sends ${at} on`, (next) => steps.fanOut(next, index, at, "well"));
    for (const how of SEND_FAULTS) {
      add(`sends ${at} on, ${how}`, (next) => steps.fanOut(next, index, at, how), how);
    }
  }
  if (server.link === "lost") add("comes back", (next) => steps.comeBack(next, index));
  if (server.late.length > 0) add("is logged late", (next) => steps.arriveLate(next, index));
  const isPublishing = state.servers.some(({ publications }) => publications.length > 0);
  if (!isPublishing && hasTasks(state, server))
    add("empties the outbox", (next) => steps.empty(next, index));
  add("is killed", (next) => steps.kill(next, index), "kill");
  return list;
}

function hasTasks(state: ModelState, server: Server): boolean {
  const hub = steps.sideOf(state, server)?.hub;
  if (!hub) return false;
  return hub.unsettled.size > 0 || [...hub.endpoints.values()].some(({ tasks }) => tasks.size > 0);
}

function stepsOfClient({ client, servers }: ModelState): Step[] {
  const list: Step[] = [];
  const add = (name: string, run: Step["run"], fault?: FaultKind): void =>
    void list.push({ name: `client: ${name}`, run, ...(fault ? { fault } : {}) });
  if (client.frames.length > 0) add("receives", (next) => steps.receive(next, next.client.frames));
  if (client.oldFrames.length > 0) {
    add("receives from before", (next) => steps.receive(next, next.client.oldFrames));
  }
  const stream = client.positions.streams.get(STREAM);
  if (stream?.isHolding) add("has waited", (next) => steps.hold(next));
  if (client.question?.answer) add("is answered", (next) => steps.hear(next));
  else if (client.question) {
    add("is being answered", (next) => steps.answer(next));
    add("is not answered", (next) => steps.fail(next), "read fails");
  } else if (stream?.isDue) {
    const [one, other] = servers;
    const areSame =
      one?.link === other?.link &&
      one?.known?.epoch === other?.known?.epoch &&
      one?.known?.offset === other?.known?.offset &&
      one?.known?.id === other?.known?.id;
    for (const index of areSame ? [0] : servers.keys()) {
      add(`asks ${index}`, (next) => steps.question(next, index));
    }
  }
  for (const index of servers.keys()) {
    const region = 1 - client.region;
    add(`moves, by ${index}`, (next) => steps.connect(next, index, region), "move");
  }
  const reloads = (next: ModelState): void => {
    steps.reload(next);
    steps.connect(next, 0, next.client.region);
  };
  add("reloads", reloads, "reload");
  return list;
}

function stepsOfStore(state: ModelState): Step[] {
  const list: Step[] = [];
  const add = (name: string, run: Step["run"], fault?: FaultKind): void =>
    void list.push({ name: `store: ${name}`, run, ...(fault ? { fault } : {}) });
  for (const lag of steps.hasFailedOver(state) ? [] : state.copies.keys()) {
    add(`fails over, ${lag} behind`, (next) => steps.failOver(next, lag), "failover");
    add(`is split, ${lag} behind`, (next) => steps.split(next, lag), "zombie");
  }
  if (state.zombie) {
    add("is one again", (next) => steps.heal(next, true));
    add("is one again, unawares", (next) => steps.heal(next, false));
  }
  add("forgets the stream", (next) => steps.evict(next), "eviction");
  add("drops the first message", (next) => steps.trim(next), "trim");
  return list;
}

/** Nothing fails any more: all that is left is done, and the client looks. */
function calm(state: ModelState): void {
  if (state.zombie) steps.heal(state, true);
  for (const [index, server] of state.servers.entries()) {
    while (server.publications.length > 0) steps.fanOut(state, index, 0, "well");
    while (server.late.length > 0) steps.arriveLate(state, index);
    if (server.link === "lost") steps.comeBack(state, index);
  }
  for (let round = 0; round < 16; round += 1) {
    steps.empty(state, 0);
    calmClient(state, round);
  }
  judgeEnd(state);
}

function calmClient(state: ModelState, round: number): void {
  const { client } = state;
  while (client.oldFrames.length > 0) steps.receive(state, client.oldFrames);
  while (client.frames.length > 0) steps.receive(state, client.frames);
  const stream = client.positions.streams.get(STREAM);
  if (stream?.isHolding) steps.hold(state);
  // Sooner or later it looks by way of every server.
  if (round > 1 && round < 12 && !client.question) steps.look(state);
  if (!client.question && stream?.isDue) steps.question(state, round % 2);
  if (client.question && !client.question.answer) steps.answer(state);
  if (client.question?.answer) steps.hear(state);
}

function judgeEnd(state: ModelState): void {
  const record = state.primary.hub.streams.get(STREAM)?.record;
  const position = positionsOf(state.client.positions)[STREAM];
  if (record && position && (record.epoch !== position.epoch || record.top !== position.offset)) {
    throw new steps.Violation(
      `the client ends at ${position.epoch}:${position.offset}, the stream at ${record.epoch}:${record.top}`,
    );
  }
  for (const [number, { isKnown }] of state.messages.entries()) {
    if (!isKnown) throw new steps.Violation(`message ${number} is missed, and nobody is told`);
  }
}

/** Everything that can happen, breadth first: what is found first is the shortest way there. */
export function explore(
  messages: number,
  maxFaults: number,
  kinds?: readonly FaultKind[],
): Exploration {
  const state = initialState(messages);
  steps.connect(state, 0, 0);
  const explorer = new Explorer(maxFaults, kinds);
  let level: Node[] = [{ state, parent: undefined, step: "client: connects" }];
  while (level.length > 0 && !explorer.counterexample) {
    level = level.flatMap((node) => explorer.leave(node));
  }
  const { states, transitions, counterexample } = explorer;
  return { states, transitions, counterexample };
}

class Explorer {
  transitions = 0;
  counterexample: readonly string[] | undefined;
  readonly #maxFaults: number;
  readonly #kinds: readonly FaultKind[] | undefined;
  readonly #seen = new Set<number>();

  constructor(maxFaults: number, kinds: readonly FaultKind[] | undefined) {
    this.#maxFaults = maxFaults;
    this.#kinds = kinds;
  }

  get states(): number {
    return this.#seen.size;
  }

  /** @returns The states to which all that can happen leads, but those that are known. */
  leave(node: Node): Node[] {
    const { state } = node;
    if (!state || this.counterexample) return [];
    node.state = undefined;
    return stepsFrom(state).flatMap((step) => {
      if (!isAllowed(state, step, this.#maxFaults, this.#kinds)) return [];
      return this.#take(node, state, step) ?? [];
    });
  }

  #take(node: Node, state: ModelState, step: Step): Node | undefined {
    this.transitions += 1;
    const taken = take(node, state, step, this.#maxFaults);
    if (typeof taken === "string") {
      this.counterexample ??= [...storyOf(node), step.name, taken];
      return undefined;
    }
    const { reached } = taken;
    const key = hashOf(keyOf(reached));
    if (this.#seen.has(key)) return undefined;
    this.#seen.add(key);
    const wrong = isAtEnd(reached) ? wrongInCalm(reached) : undefined;
    if (wrong) this.counterexample ??= [...storyOf(taken.node), "calm", wrong];
    return taken.node;
  }
}

function isAllowed(
  { faults }: ModelState,
  { fault }: Step,
  maxFaults: number,
  kinds: readonly FaultKind[] | undefined,
): boolean {
  if (!fault) return true;
  return faults < maxFaults && (kinds?.includes(fault) ?? true);
}

/** Whether all that is left to happen are faults: whatever else happens leads there. */
const isAtEnd = (state: ModelState): boolean =>
  state.left === 0 && stepsFrom(state).every(({ fault }) => fault !== undefined);

function take(
  parent: Node,
  from: ModelState,
  step: Step,
  maxFaults: number,
): { node: Node; reached: ModelState } | string {
  const state = clone(from);
  if (step.fault) state.faults += 1;
  try {
    step.run(state);
  } catch (error) {
    if (error instanceof steps.Violation) return error.message;
    throw error;
  }
  const mayMove = state.faults < maxFaults;
  if (!mayMove) sendToNobody(state);
  return { node: { state, parent, step: step.name }, reached: state };
}

/** Sends to the region where the client is not, and will not be, need no order. */
function sendToNobody(state: ModelState): void {
  for (const [index, { publications }] of state.servers.entries()) {
    for (let at = publications.length - 1; at >= 0; at -= 1) {
      const publication = publications[at];
      const isForNobody = (): boolean =>
        publication?.left[0] !== undefined && publication.left[0].region !== state.client.region;
      while (isForNobody()) steps.fanOut(state, index, at, "well");
    }
  }
}

function wrongInCalm(state: ModelState): string | undefined {
  try {
    calm(clone(state));
  } catch (error) {
    if (error instanceof steps.Violation) return error.message;
    throw error;
  }
  return undefined;
}

function storyOf(node: Node): string[] {
  return [...(node.parent ? storyOf(node.parent) : []), node.step];
}

// A global of a sandbox, which Jest runs tests in, is slow to look up.
const { imul } = Math;

/** 53 bits, so that states take little room (cyrb53). */
function hashOf(text: string): number {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    one = imul(one ^ code, 2654435761);
    other = imul(other ^ code, 1597334677);
  }
  one = imul(one ^ (one >>> 16), 2246822507) ^ imul(other ^ (other >>> 13), 3266489909);
  other = imul(other ^ (other >>> 16), 2246822507) ^ imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & other) + (one >>> 0);
}
