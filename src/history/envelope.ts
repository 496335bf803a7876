import type { StreamPosition } from "../contract/history-store.ts";

/** What a frame is: a message, one that was sent without being logged, one that is left out, or a call to look. */
export type EnvelopeType = "message" | "bypassed" | "skip" | "check";

/** What kind of stream it is about: that of the hub, of a group, of a user, or all of them. */
export type StreamKind = "hub" | "group" | "user" | "all";

/** What travels beside a message, or alone, to clients that keep positions. */
export interface Envelope {
  readonly type: EnvelopeType;
  readonly kind: StreamKind;
  /** Of the message; of a check, where the stream ends. */
  readonly position?: StreamPosition | undefined;
  /** Of the message. */
  readonly id?: string | undefined;
  /** Who published it; absent for messages of the application. */
  readonly user?: string | undefined;
  /**
   * The connection that published it and is not to have it: its client may be at another one by now.
   * Only beside `user`.
   */
  readonly excluded?: string | undefined;
}

const VERSION = "1";
const NOTHING = "-";

const TYPES = { message: "m", bypassed: "b", skip: "s", check: "c" } as const;
const KINDS = { hub: "a", group: "g", user: "u", all: "*" } as const;

const FORMAT = new RegExp(
  "^1 (?:" +
    "(?<message>m) (?<kindOfMessage>[agu]) (?<at>[\\w-]{8}:[1-9]\\d{0,15}) (?<id>[\\w-]{1,22})(?: (?<user>[!-~]+)(?: (?<excluded>[\\w-]{1,64}))?)?|" +
    "(?<bypassed>b) (?<kindOfBypassed>[agu]) - (?<idOfBypassed>[\\w-]{1,22})|" +
    "(?<skip>s) (?<kindOfSkip>[agu]) (?<skipped>[\\w-]{8}:[1-9]\\d{0,15}) -|" +
    "(?<check>c) (?:(?<kindOfCheck>[agu]) (?<top>-|[\\w-]{8}:(?:0|[1-9]\\d{0,15}))|\\* -) -" +
    ")$",
);

/** What fits into a header of metadata, which is more than all but the longest names of users need. */
export const maxEnvelopeLength = 1024;

/** One line of ASCII, fit for a header. */
export function encodeEnvelope({ type, kind, position, id, user, excluded }: Envelope): string {
  const at = position === undefined ? NOTHING : encodePosition(position);
  const text = `${VERSION} ${TYPES[type]} ${KINDS[kind]} ${at} ${id ?? NOTHING}`;
  if (user === undefined) return text;
  const told = `${text} ${encodeURIComponent(user)}`;
  return excluded === undefined ? told : `${told} ${excluded}`;
}

/** Whether a connection's id can be told as `excluded`: those of the service can. */
export const isTellableConnection = (id: string): boolean => /^[\w-]{1,64}$/.test(id);

/** Undefined for what `encodeEnvelope` does not make, or a later version of it. */
export function decodeEnvelope(text: string): Envelope | undefined {
  const parts = FORMAT.exec(text)?.groups;
  if (parts === undefined) return undefined;
  if (parts.message) return messageOf(parts);
  if (parts.bypassed) {
    return { type: "bypassed", kind: kindOf(parts.kindOfBypassed), id: parts.idOfBypassed };
  }
  const type = parts.skip ? "skip" : "check";
  const kind = kindOf(parts.kindOfSkip ?? parts.kindOfCheck);
  const at = parts.skipped ?? parts.top ?? NOTHING;
  if (at === NOTHING) return { type, kind };
  const position = decodePosition(at);
  return position && { type, kind, position };
}

function messageOf(parts: Readonly<Record<string, string | undefined>>): Envelope | undefined {
  const position = decodePosition(parts.at ?? "");
  if (position === undefined) return undefined;
  const envelope = { type: "message", kind: kindOf(parts.kindOfMessage), position, id: parts.id };
  if (parts.user === undefined) return envelope as Envelope;
  try {
    const { excluded } = parts;
    const user = decodeURIComponent(parts.user);
    return { ...envelope, user, ...(excluded && { excluded }) } as Envelope;
  } catch {
    return undefined;
  }
}

/** A position as text: `<epoch>:<offset>`. */
export function encodePosition({ epoch, offset }: StreamPosition): string {
  return `${epoch}:${offset}`;
}

const POSITION = /^([\w-]{8}):(0|[1-9]\d{0,15})$/;

/** Undefined for what is no position, such as one beyond the integers that are told apart. */
export function decodePosition(text: string): StreamPosition | undefined {
  const [, epoch, digits] = POSITION.exec(text) ?? [];
  const offset = Number(digits);
  if (epoch === undefined || !Number.isSafeInteger(offset)) return undefined;
  return { epoch, offset };
}

function kindOf(letter: string | undefined): StreamKind {
  if (letter === KINDS.hub) return "hub";
  if (letter === KINDS.group) return "group";
  return letter === KINDS.user ? "user" : "all";
}
