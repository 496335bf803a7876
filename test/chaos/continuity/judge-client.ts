import { readPosition } from "./client-log.ts";
import { STREAMS, type StreamName } from "./message.ts";
import type { KnownMessage, MessageLog } from "./message-log.ts";
import { NumberSet } from "./number-set.ts";
import type { ClientRecord, Segment, StreamRecord } from "./record.ts";

export interface ClientVerdict {
  readonly lost: string[];
  readonly doubled: string[];
  readonly disordered: string[];
  readonly untold: string[];
  readonly others: string[];
  delivered: number;
  missedAndTold: number;
}

/** The clocks of two processes may differ a little. */
const CLOCKS_DIFFER_BY_MS = 5;

/** Compares what a client was given with what was sent. */
export function judgeClient(client: ClientRecord, log: MessageLog): ClientVerdict {
  const verdict: ClientVerdict = {
    lost: [],
    doubled: [],
    disordered: [],
    untold: [],
    others: [],
    delivered: 0,
    missedAndTold: 0,
  };
  for (const { kind, what } of client.violations) verdict[kind].push(what);
  for (const stream of STREAMS) judgeStream(verdict, client, stream, log);
  return verdict;
}

function judgeStream(
  verdict: ClientVerdict,
  client: ClientRecord,
  stream: StreamName,
  log: MessageLog,
): void {
  const record = client.streams[stream];
  const received = new Received(record);
  const tell = ({ sender, number, positions }: KnownMessage): string =>
    `${client.name}: ${stream} ${sender} ${number} (at ${positions.join() || "no position"})`;
  const isMissing = (message: KnownMessage): boolean =>
    !received.has(message) && !isSkip(message, client);
  const covered = [...positionsIn(record.segments)].map((position) => log.at(stream, position));
  // What everybody was given without its position first may have one that nobody has seen.
  const unknown = covered.filter((message) => message === undefined).length;
  if (unknown > log.countUnplaced(stream))
    verdict.others.push(`${client.name}: ${unknown} positions of ${stream} of which nobody knows`);
  const lost = covered.filter((message) => message !== undefined && isMissing(message));
  verdict.lost.push(...(lost as KnownMessage[]).map(tell));
  const missed = log.in(stream).filter((message) => isMissing(message) && isOwed(message));
  const uncovered = missed.filter(({ positions }) => !isCovered(record.segments, positions));
  const untold = uncovered.filter((message) => !isTold(record, message));
  verdict.untold.push(...untold.map(tell));
  verdict.missedAndTold += uncovered.length - untold.length;
  const given = log.in(stream).filter((message) => received.has(message));
  verdict.delivered += given.length;
  const echoed = given.filter((message) => isSkip(message, client));
  verdict.others.push(...echoed.map((message) => `was not excluded: ${tell(message)}`));
  // A late append gives a position to what was also sent without one.
  const unplaced = record.unplaced
    .map(({ sender, number }) => log.find(stream, sender, number))
    .filter((message) => message?.sent?.history === "logged");
  verdict.untold.push(
    ...(unplaced as KnownMessage[]).map((message) => `uncovered ${tell(message)}`),
  );
  verdict.disordered.push(...disorderOf(client.name, stream, record, log));
}

function disorderOf(
  name: string,
  stream: StreamName,
  { inversions }: StreamRecord,
  log: MessageLog,
): string[] {
  const isLogged = (sender: string, number: number): boolean =>
    log.find(stream, sender, number)?.sent?.history === "logged";
  // Without positions, nobody can tell in which order they were sent.
  return inversions
    .filter(({ sender, number, after }) => isLogged(sender, number) && isLogged(sender, after))
    .map(
      ({ sender, number, after }) => `${name}: ${stream} ${sender} ${number} came after ${after}`,
    );
}

class Received {
  readonly #sets: ReadonlyMap<string, NumberSet>;

  constructor({ received }: StreamRecord) {
    const sets = Object.entries(received);
    this.#sets = new Map(sets.map(([sender, text]) => [sender, NumberSet.fromText(text)]));
  }

  has({ sender, number }: KnownMessage): boolean {
    return this.#sets.get(sender)?.has(number) === true;
  }
}

function* positionsIn(segments: readonly Segment[]): Iterable<string> {
  for (const { epoch, start, end } of segments)
    for (let offset = start + 1; offset <= end; offset += 1) yield `${epoch}:${offset}`;
}

const isSkip = ({ sent }: KnownMessage, { name }: ClientRecord): boolean => sent?.notTo === name;

/** Whether it was sent for sure: one whose sender has died, or was told of a failure, may not have been. */
const isOwed = ({ sent, positions }: KnownMessage): boolean =>
  positions.length > 0 || sent?.history === "logged" || sent?.history === "bypassed";

/** Whether it is known as one that was lost. */
function isCovered(segments: readonly Segment[], positions: readonly string[]): boolean {
  return positions.some((position) => {
    const [epoch, offset] = readPosition(position);
    return segments.some((one) => one.epoch === epoch && one.start < offset && offset <= one.end);
  });
}

function isTold({ falses }: StreamRecord, { sent }: KnownMessage): boolean {
  const sentAt = sent?.startedAt ?? 0;
  return falses.some((at) => at >= sentAt - CLOCKS_DIFFER_BY_MS);
}
