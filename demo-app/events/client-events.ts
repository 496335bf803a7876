import type { ClientMove } from "../contract/environment.ts";
import { distributionOf } from "../kit/distribution.ts";
import { EventBatches } from "./event-batches.ts";
import type { EventDescription } from "./event-recorder.ts";
import { clientsText } from "./plugin-events.ts";

export interface ChatEvent {
  /** The region of the app server that received it. */
  readonly server: string;
  /** The endpoint that the client is on; null when it is unknown. */
  readonly endpoint: string | null;
  readonly user: string;
  readonly text: string;
}

const BATCH_LIMITS = { quietForInMs: 1000, longestInMs: 10_000 };
const CHAT_EVENTS_PER_SECOND = 5;

/** Records what many clients do in few events. */
export class ClientEvents {
  readonly #record: (event: EventDescription) => void;
  readonly #moves: EventBatches<ClientMove>;
  readonly #losses: EventBatches<string>;
  readonly #chatEvents: EventBatches<ChatEvent>;
  #recentChatTimes: number[] = [];

  constructor(record: (event: EventDescription) => void) {
    this.#record = record;
    this.#moves = new EventBatches(BATCH_LIMITS, (_key, moves) => this.#recordMoves(moves));
    this.#losses = new EventBatches({ ...BATCH_LIMITS, quietForInMs: 300 }, (endpoint, lost) => {
      const text = `${clientsText(lost.length)} lost the connection to ${endpoint}`;
      record({ kind: "clients", tone: "bad", endpoint, text });
    });
    this.#chatEvents = new EventBatches({ ...BATCH_LIMITS, longestInMs: 1000 }, (server, said) => {
      const text = `The app server in ${server} was told ${said.length} more things by clients`;
      record({ kind: "clientEvents", server, text });
    });
  }

  moved(move: ClientMove): void {
    this.#moves.add(`${move.from} ${move.to}`, move);
  }

  lost(endpoint: string): void {
    this.#losses.add(endpoint, endpoint);
  }

  chatReceived(event: ChatEvent): void {
    const now = performance.now();
    this.#recentChatTimes = this.#recentChatTimes.filter((at) => at > now - 1000);
    if (this.#recentChatTimes.length >= CHAT_EVENTS_PER_SECOND) {
      this.#chatEvents.add(event.server, event);
      return;
    }
    this.#recentChatTimes.push(now);
    const { endpoint, server, text, user } = event;
    const place = endpoint === null ? "" : ` on ${endpoint}`;
    this.#record({
      kind: "clientEvent",
      server,
      endpoint,
      text: `${user}${place} said "${text}"; the app server in ${server} was told`,
    });
  }

  close(): void {
    for (const batches of [this.#moves, this.#losses, this.#chatEvents]) batches.close();
  }

  #recordMoves(moves: readonly ClientMove[]): void {
    const [first] = moves;
    if (!first) return;
    const p99InMs = p99Of(moves.map(({ downtimeInMs }) => downtimeInMs));
    const howLong = `${moves.length === 1 ? "" : "p99 "}${(p99InMs / 1000).toFixed(1)} s`;
    const text = `${clientsText(moves.length)} moved from ${first.from} to ${first.to}, ${howLong}`;
    this.#record({ kind: "clients", tone: "good", endpoint: first.to, text });
  }
}

function p99Of(durations: readonly number[]): number {
  return distributionOf(durations).p99;
}
