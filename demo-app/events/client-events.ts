import type { CrowdMove } from "../contract/environment.ts";
import { Waves } from "./event-batches.ts";
import type { Told } from "./event-recorder.ts";
import { clients } from "./plugin-events.ts";

export interface ClientSaid {
  /** The region of the app server that was told it. */
  readonly server: string;
  /** The endpoint that the client is on; null when it cannot be told. */
  readonly endpoint: string | null;
  readonly user: string;
  readonly text: string;
}

const TOGETHER = { quietForInMs: 1000, longestInMs: 10_000 };
const SAID_PER_SECOND = 5;

/** Tells of many clients in few lines. */
export class ClientHappenings {
  readonly #tell: (told: Told) => void;
  readonly #moves: Waves<CrowdMove>;
  readonly #losses: Waves<string>;
  readonly #events: Waves<ClientSaid>;
  #lastMove: { readonly key: string; readonly downtimes: number[]; at: number } | undefined;
  #saidLately: number[] = [];

  constructor(tell: (told: Told) => void) {
    this.#tell = tell;
    this.#moves = new Waves(TOGETHER, (_key, moves) => this.#tellMoves(moves));
    this.#losses = new Waves({ ...TOGETHER, quietForInMs: 300 }, (endpoint, lost) => {
      const text = `${clients(lost.length)} lost the connection to ${endpoint}`;
      tell({ kind: "clients", tone: "bad", endpoint, text });
    });
    this.#events = new Waves({ ...TOGETHER, longestInMs: 1000 }, (server, said) => {
      const text = `The app server in ${server} was told ${said.length} more things by clients`;
      tell({ kind: "clientEvents", server, text });
    });
  }

  /** How long 99 of 100 clients were away in the last move, so far; null before the first. */
  get lastMoveP99InMs(): number | null {
    return this.#lastMove ? p99(this.#lastMove.downtimes) : null;
  }

  moved(move: CrowdMove): void {
    const key = `${move.from} ${move.to}`;
    this.#moves.add(key, move);
    const last = this.#lastMove;
    const isSameMove = last?.key === key && move.at - last.at <= TOGETHER.quietForInMs;
    if (last && isSameMove) {
      last.downtimes.push(move.downtimeInMs);
      last.at = move.at;
    } else {
      this.#lastMove = { key, downtimes: [move.downtimeInMs], at: move.at };
    }
  }

  lost(endpoint: string): void {
    this.#losses.add(endpoint, endpoint);
  }

  said(said: ClientSaid): void {
    const now = performance.now();
    this.#saidLately = this.#saidLately.filter((at) => at > now - 1000);
    if (this.#saidLately.length >= SAID_PER_SECOND) {
      this.#events.add(said.server, said);
      return;
    }
    this.#saidLately.push(now);
    const { endpoint, server, text, user } = said;
    const place = endpoint === null ? "" : ` on ${endpoint}`;
    this.#tell({
      kind: "clientEvent",
      server,
      endpoint,
      text: `${user}${place} said "${text}"; the app server in ${server} was told`,
    });
  }

  close(): void {
    for (const waves of [this.#moves, this.#losses, this.#events]) waves.close();
  }

  #tellMoves(moves: readonly CrowdMove[]): void {
    const [first] = moves;
    if (!first) return;
    const p99InMs = p99(moves.map(({ downtimeInMs }) => downtimeInMs));
    const howLong = `${moves.length === 1 ? "" : "p99 "}${(p99InMs / 1000).toFixed(1)} s`;
    const text = `${clients(moves.length)} moved from ${first.from} to ${first.to}, ${howLong}`;
    this.#tell({ kind: "clients", tone: "good", endpoint: first.to, text });
  }
}

/** 99 of 100 are no longer than that. */
export function p99(durations: readonly number[]): number {
  const sorted = [...durations].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0;
}
