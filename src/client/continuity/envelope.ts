/** A place in a stream: where a message is, or how far a client has read. */
export interface StreamPosition {
  /** Which incarnation of the stream; epochs have no order. */
  readonly epoch: string;
  /** 0 before the first message of the epoch. */
  readonly offset: number;
}

/** What a server writes beside a message. */
export interface Envelope {
  /** A message; one that is not logged; a skip in place of a message; a check. */
  readonly type: "m" | "b" | "s" | "c";
  /** The hub, a group, the client's own user, or, of a check only, all streams. */
  readonly kind: "a" | "g" | "u" | "*";
  /** Of the message; of a check, the end of the stream where it is told. */
  readonly position: StreamPosition | undefined;
  /** What the message is recognised by. */
  readonly id: string | undefined;
  /** Who published it, if a client did. */
  readonly user: string | undefined;
  /** The connection that published it and is not to have it. */
  readonly excluded: string | undefined;
}

// `1 <type> <kind> <position> <id> [<user> [<excluded>]]`; a field that does not apply is a hyphen.
const ENVELOPE = /^1 ([mbsc]) ([agu*]) (\S+) ([\w-]{1,22})(?: (\S+)(?: ([\w-]{1,64}))?)?$/;
const POSITION = /^([\w-]{8}):(0|[1-9]\d{0,15})$/;
const NONE = "-";

/**
 * What there is: the type, the kind, a position (`o` before the first message, `p` after it, or none), an
 * id or none.
 */
const FORMS = /^(?:m\wpi|b\w-i|s\wp-|c\w[op-]-|c\*--)$/;

/** @returns Undefined for what is no envelope, or one of a later version. */
export function readEnvelope(text: unknown): Envelope | undefined {
  const match = typeof text === "string" && ENVELOPE.exec(text);
  if (!match) return undefined;
  const [, type, kind, place, name, encodedUser, excluded] = match as unknown as [
    string,
    Envelope["type"],
    Envelope["kind"],
    string,
    string,
    string | undefined,
    string | undefined,
  ];
  const position = readPosition(place);
  const form = position ? (position.offset ? "p" : "o") : place;
  const id = name === NONE ? undefined : name;
  if (!FORMS.test(type + kind + form + (id ? "i" : NONE))) return undefined;
  try {
    const user = encodedUser && decodeURIComponent(encodedUser);
    return { type, kind, position, id, user, excluded };
  } catch {
    return undefined;
  }
}

/** @returns Undefined for what is no position. */
export function readPosition(text: unknown): StreamPosition | undefined {
  const [, epoch, digits] = (typeof text === "string" && POSITION.exec(text)) || [];
  const offset = Number(digits);
  return epoch && Number.isSafeInteger(offset) ? { epoch, offset } : undefined;
}

/** Those that can be read. */
export function readPositions(texts: unknown): Record<string, StreamPosition> {
  const positions: Record<string, StreamPosition> = {};
  for (const [name, text] of Object.entries(texts ?? {})) {
    const position = readPosition(text);
    if (position) positions[name] = position;
  }
  return positions;
}

/** As `readPosition` reads it; empty for a stream without a position. */
export const writePosition = ({ epoch, offset }: Partial<StreamPosition>): string =>
  epoch ? `${epoch}:${offset}` : "";
