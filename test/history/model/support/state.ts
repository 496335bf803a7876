import { initialPositions } from "../../../../src/client/continuity/positions.ts";
import type { ClientPositions } from "../../../../src/client/continuity/stream-state.ts";
import type { KnownPosition, StreamPosition } from "../../../../src/contract/history-store.ts";
import { type HubState, newHubState } from "../../../../src/stores/memory-history/state.ts";

/** What may go wrong, so often in a run. */
export type FaultKind =
  | "failover"
  | "zombie"
  | "append fails when done"
  | "append is lost"
  | "append is late"
  | "send unsure, done"
  | "send unsure, lost"
  | "send accepted, lost"
  | "kill"
  | "eviction"
  | "trim"
  | "move"
  | "reload"
  | "read fails";

export const STREAM = "a";

export interface Frame {
  readonly type: "message" | "bypassed" | "check";
  readonly position: StreamPosition | undefined;
  readonly number: number | undefined;
}

export interface Sending {
  readonly region: number;
  readonly frame: Frame;
}

export interface Publication {
  readonly number: number;
  readonly position: StreamPosition | undefined;
  readonly left: Sending[];
  readonly undelivered: string[];
}

export interface Server {
  /** Of what it talks to. */
  link: "primary" | "zombie" | "lost";
  known: KnownPosition | undefined;
  publications: Publication[];
  /** Appends that have still to reach the store, by a link that was given up. */
  late: number[];
}

export interface Side {
  hub: HubState;
  run: string;
}

/** What has become of a message. */
export interface Message {
  /** It was logged, or sent. */
  isLive: boolean;
  /** The client had it, or was told later that it misses something, or is not to have it. */
  isKnown: boolean;
  isDelivered: boolean;
  /** Without being logged, by a server that has not renewed epochs since; or at a zombie. */
  risk: number | undefined;
}

export interface Client {
  positions: ClientPositions<number>;
  region: number;
  /** What comes on its connection, in this order. */
  frames: Frame[];
  /** What its earlier connection still has. */
  oldFrames: Frame[];
  question: { readonly server: number; readonly answer: Answer | undefined } | undefined;
  asked:
    | { readonly since: Partial<StreamPosition>; readonly seen: StreamPosition | undefined }
    | undefined;
}

export interface Answer {
  readonly position: StreamPosition;
  readonly recovered: boolean;
  readonly messages: readonly { readonly offset: number; readonly number: number }[];
}

export interface ModelState {
  drawn: number;
  runs: number;
  primary: Side;
  zombie: Side | undefined;
  /** What the primary is, and was before each of the last messages, to fail over to. */
  copies: (HubState | undefined)[];
  servers: Server[];
  client: Client;
  messages: Message[];
  left: number;
  /** How many there have been. */
  faults: number;
}

/** A name for each epoch, never the same twice. */
export function inputsOf(state: ModelState, side: Side) {
  return {
    now: 1,
    run: side.run,
    fresh: () => {
      state.drawn += 1;
      return epochName(state.drawn);
    },
  };
}

const epochName = (drawn: number): string => `e${String(drawn).padStart(7, "0")}`;

export function initialState(messages: number): ModelState {
  const run = "run1";
  return {
    drawn: 1,
    runs: 1,
    primary: { hub: newHubState({ now: 1, run, fresh: () => epochName(1) }), run },
    zombie: undefined,
    copies: [undefined],
    servers: [0, 1].map(() => ({ link: "primary", known: undefined, publications: [], late: [] })),
    client: {
      positions: initialPositions(),
      region: 0,
      frames: [],
      oldFrames: [],
      question: undefined,
      asked: undefined,
    },
    messages: [],
    left: messages,
    faults: 0,
  };
}

// A global of a sandbox, which Jest runs tests in, is slow to look up.
const [AnArray, AMap, ASet, { keys }] = [Array, Map, Set, Object];

/** A copy of plain data, faster than `structuredClone`. */
export function clone<T>(value: T): T {
  return copyOf(value) as T;
}

function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (AnArray.isArray(value)) return value.map(copyOf);
  if (value instanceof AMap) return new AMap([...value].map(([key, each]) => [key, copyOf(each)]));
  if (value instanceof ASet) return new ASet(value);
  const copy: Record<string, unknown> = {};
  for (const key of keys(value)) copy[key] = copyOf((value as Record<string, unknown>)[key]);
  return copy;
}

const EPOCH = /e\d{7}/g;

/** The same for states that differ in the names of their epochs only. */
export function keyOf(state: ModelState): string {
  const { drawn, ...rest } = state;
  const text = JSON.stringify(rest, (_key, value) => {
    if (value instanceof AMap) return [...value];
    return value instanceof ASet ? [...value] : value;
  });
  const names = new AMap<string, string>();
  return text.replace(EPOCH, (epoch) => {
    const name = names.get(epoch) ?? `E${names.size}`;
    names.set(epoch, name);
    return name;
  });
}
