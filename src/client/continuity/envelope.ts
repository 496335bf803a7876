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
}

// `1 <type> <kind> <position> <id> [<user>]`; a field that does not apply is a hyphen.
const ENVELOPE = /^1 ([mbsc]) ([agu*]) (\S+) ([\w-]{1,22})(?: (\S+))?$/;
const POSITION = /^([\w-]{8}):(0|[1-9]\d{0,15})$/;
const NONE = "-";

/** Which fields each type has: position and id. */
const HAS = { m: "yy", b: "ny", s: "yn", c: "?n" } as const;

/** @returns Undefined for what is no envelope, or one of a later version. */
export function readEnvelope(text: unknown): Envelope | undefined {
  const match = typeof text === "string" && ENVELOPE.exec(text);
  if (!match) return undefined;
  const [, type, kind, place, name, encodedUser] = match as unknown as [
    string,
    Envelope["type"],
    Envelope["kind"],
    string,
    string,
    string | undefined,
  ];
  const position = readPosition(place);
  const id = name === NONE ? undefined : name;
  const user = encodedUser && decode(encodedUser);
  const isOfAll = kind === "*";
  const isWhole =
    (position !== undefined || place === NONE) &&
    HAS[type].replace("?", position ? "y" : "n") === `${position ? "y" : "n"}${id ? "y" : "n"}` &&
    (!isOfAll || (type === "c" && !position)) &&
    (type === "c" || position?.offset !== 0) &&
    (encodedUser === undefined || user !== undefined);
  return isWhole ? { type, kind, position, id, user } : undefined;
}

/** @returns Undefined for what is no position. */
export function readPosition(text: unknown): StreamPosition | undefined {
  const [, epoch, digits] = (typeof text === "string" && POSITION.exec(text)) || [];
  const offset = Number(digits);
  return epoch && Number.isSafeInteger(offset) ? { epoch, offset } : undefined;
}

/** As `readPosition` reads it; empty for a stream without a position. */
export const writePosition = ({ epoch, offset }: Partial<StreamPosition>): string =>
  epoch ? `${epoch}:${offset}` : "";

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
