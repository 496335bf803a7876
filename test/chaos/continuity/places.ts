import { keyOf, type Numbered, STREAMS, type StreamName } from "./message.ts";
import type { Claim } from "./record.ts";

const MESSAGE = /"sender":"([^"]+)","number":(\d+),"stream":"([^"]+)"/;
const ENVELOPE = /"rps":"1 m [agu] (\S+) /;

interface HistoryAnswer {
  readonly streams?: Readonly<
    Record<
      string,
      {
        readonly position?: string;
        readonly messages?: readonly { readonly o: number; readonly d?: unknown }[];
      }
    >
  >;
}

/**
 * Where messages are, as app servers say to the clients of this process: read from what comes over the
 * wire, past the client, which is on trial.
 */
export class Places {
  /** By stream and message. */
  readonly #positions = new Map<string, string[]>();
  readonly #claims: Claim[] = [];

  get claims(): readonly Claim[] {
    return this.#claims;
  }

  /** @returns Undefined for a message that has come without a position only, or in another epoch. */
  offsetOf(message: Numbered, epoch: string): number | undefined {
    const known = this.#positions.get(nameOf(message)) ?? [];
    const position = known.find((one) => one.startsWith(`${epoch}:`));
    return position === undefined ? undefined : Number(position.slice(epoch.length + 1));
  }

  onFrame(text: string): void {
    const [, position] = ENVELOPE.exec(text) ?? [];
    const [, sender, number, stream] = MESSAGE.exec(text) ?? [];
    if (position === undefined || sender === undefined || !isStream(stream)) return;
    this.#add({ sender, number: Number(number), stream }, position);
  }

  onHistory(text: string): void {
    const { streams = {} } = JSON.parse(text) as HistoryAnswer;
    for (const { position = "", messages = [] } of Object.values(streams)) {
      const [epoch] = position.split(":");
      for (const { o, d } of messages) {
        const { sender, number, stream } = (d ?? {}) as Partial<Numbered>;
        if (sender !== undefined && number !== undefined && isStream(stream))
          this.#add({ sender, number, stream }, `${epoch}:${o}`);
      }
    }
  }

  #add(message: Numbered, position: string): void {
    const name = nameOf(message);
    const known = this.#positions.get(name);
    if (known?.includes(position)) return;
    if (known) known.push(position);
    else this.#positions.set(name, [position]);
    this.#claims.push({ ...message, position });
  }
}

const nameOf = (message: Numbered): string => `${message.stream} ${keyOf(message)}`;

const isStream = (name: string | undefined): name is StreamName =>
  STREAMS.includes(name as StreamName);
