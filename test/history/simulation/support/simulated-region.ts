import type { Frame, SendOutcome } from "../../../../src/context/history-port.ts";
import { compileFilter, type Filter } from "../../../../src/emulator/filter/compile-filter.ts";
import type { Timeline } from "../../../coordination/support/virtual-clock.ts";
import { Pipe } from "./host.ts";

/** What a connection receives. */
export interface Received {
  readonly stream: string;
  readonly text: string;
  readonly envelope: string | undefined;
  /** Of the first fan-out of a message. */
  readonly isFirst: boolean;
}

export interface Connection {
  readonly id: string;
  readonly userId: string;
  readonly groups: Set<string>;
  /** Undefined while it is cut: the service keeps what comes. */
  deliver: ((received: Received) => void) | undefined;
  readonly kept: Received[];
  readonly pipe: Pipe;
}

/** What a send to the region meets. */
export interface SendFate {
  readonly outcome: SendOutcome;
  /** Undefined: never. */
  readonly arrivesInMs: number | undefined;
  readonly answersInMs: number;
  /** It is accepted, and nobody gets it. */
  readonly isGray: boolean;
}

const filters = new Map<string, Filter>();

function filterOf(text: string): Filter {
  const known = filters.get(text);
  if (known) return known;
  const filter = compileFilter(text);
  if (filters.size > 1000) filters.clear();
  filters.set(text, filter);
  return filter;
}

const USER = "u:";
const GROUP = "g:";

/** One instance of the service. */
export class SimulatedRegion {
  readonly name: string;
  isDown = false;
  readonly connections = new Map<string, Connection>();
  readonly #timeline: Timeline;
  readonly #random: () => number;
  readonly #delayInMs: number;

  constructor(name: string, timeline: Timeline, random: () => number, delayInMs: number) {
    this.name = name;
    this.#timeline = timeline;
    this.#random = random;
    this.#delayInMs = delayInMs;
  }

  connect(id: string, userId: string, groups: readonly string[]): Connection {
    const connection: Connection = {
      id,
      userId,
      groups: new Set(groups),
      deliver: undefined,
      kept: [],
      pipe: new Pipe(this.#timeline),
    };
    this.connections.set(id, connection);
    return connection;
  }

  /** Gives a connection that was cut to its client again. */
  resume(connection: Connection, deliver: (received: Received) => void): void {
    connection.deliver = deliver;
    for (const received of connection.kept.splice(0)) this.#pass(connection, received);
  }

  crash(): void {
    this.isDown = true;
    this.connections.clear();
  }

  /** @returns The connections that it was sent to. */
  publish(stream: string, frame: Frame, isFirst: boolean): Connection[] {
    if (this.isDown) return [];
    const text = Buffer.from(frame.body).toString();
    const [envelope] = Object.values(frame.headers);
    const received = { stream, text, envelope, isFirst };
    const receivers = [...this.connections.values()].filter((one) => isFor(one, stream, frame));
    for (const connection of receivers) {
      if (connection.deliver) this.#pass(connection, received);
      else connection.kept.push(received);
    }
    return receivers;
  }

  #pass(connection: Connection, received: Received): void {
    connection.pipe.in(this.#random() * this.#delayInMs, () => {
      if (connection.deliver) connection.deliver(received);
      else connection.kept.push(received);
    });
  }
}

function isFor({ id, userId, groups }: Connection, stream: string, frame: Frame): boolean {
  if (stream.startsWith(USER) && stream.slice(USER.length) !== userId) return false;
  if (stream.startsWith(GROUP) && !groups.has(stream.slice(GROUP.length))) return false;
  if (frame.excluded?.includes(id)) return false;
  return (
    frame.filter === undefined || filterOf(frame.filter)({ id, userId, groups, protocol: null })
  );
}
