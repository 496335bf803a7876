export const HUB = "chaos";
export const GROUP = "room";

/** What is sent: who has sent it to which stream, and as which of its messages there. */
export interface Numbered {
  /** A run of an app server, or a client that publishes. */
  readonly sender: string;
  /** From 1. */
  readonly number: number;
  readonly stream: StreamName;
}

export const STREAMS = ["a", "g:room"] as const;
export type StreamName = (typeof STREAMS)[number];

/** Undefined for what none of our senders has sent. */
export function numberedOf(data: unknown): Numbered | undefined {
  const { sender, number, stream, ...rest } = (data ?? {}) as Partial<Numbered>;
  const isWhole =
    typeof sender === "string" &&
    Number.isInteger(number) &&
    STREAMS.includes(stream as StreamName) &&
    Object.keys(rest).length === 0;
  return isWhole ? (data as Numbered) : undefined;
}

/** Tells a message of a stream from all others of it. */
export const keyOf = ({ sender, number }: Pick<Numbered, "sender" | "number">): string =>
  `${sender} ${number}`;

/** Milliseconds, the same in all processes of the machine. */
export const now = (): number => performance.timeOrigin + performance.now();
