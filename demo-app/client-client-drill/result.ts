import type { Distribution } from "../kit/distribution.ts";

/** One move of all clients. Everything is measured from its cause. */
export interface MoveResult {
  readonly cause: string;
  readonly to: string;
  readonly epoch: number;
  /** Most of the app servers have seen the active endpoint down; undefined when it is not down. */
  readonly seenInMs: number | undefined;
  /** The first of the app servers has the new agreement, then all of them. */
  readonly agreedInMs: number;
  readonly allAgreedInMs: number;
  /** Clients are connected to the new endpoint. */
  readonly backInMs: Distribution;
  /** Of all pairs of clients: one hears the other on the new endpoint. */
  readonly talkingInMs: Distribution;
  /** For how long there were clients on both endpoints. */
  readonly splitInMs: number;
}

/** Something that must move nobody. */
export interface StayResult {
  readonly cause: string;
  readonly watchedInMs: number;
  readonly movedClients: number;
  readonly newAgreements: number;
}

/** Of one server, in a time in which nothing happened. */
export interface QuietCalls {
  readonly server: string;
  readonly isLeader: boolean;
  readonly callsPerPoll: number;
  readonly byOperation: Readonly<Record<string, number>>;
}

export interface ClientClientResult {
  readonly isPassed: boolean;
  readonly store: string;
  readonly clients: number;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  readonly moves: readonly MoveResult[];
  readonly stays: readonly StayResult[];
  /** From SIGKILL of a leader until another server leads. */
  readonly leadTakenInMs: number | undefined;
  readonly quietCalls: readonly QuietCalls[];
  /** Of any server, at any time. */
  readonly mostCallsInOnePoll: number;
}

/** The result as people read it. */
export function linesOf(result: ClientClientResult): string[] {
  const { moves, quietCalls, mostCallsInOnePoll } = result;
  return [
    "",
    "ms since the cause             seen  agreed  by all   clients back      pairs talking     split",
    "                                                      p50   p99   max   p50   p99   max",
    ...moves.map(lineOfMove),
    "",
    "Goals: agreed by all within two polls of being seen; pairs talking within 5000 (p99), when killed.",
    `Store calls: ${mostCallsInOnePoll} in one poll at most; while nothing happened, for each poll:`,
    ...quietCalls.map(lineOfCalls),
    result.isPassed ? "PASSED" : "FAILED",
  ];
}

function lineOfMove(measureMove: MoveResult): string {
  const { cause, seenInMs, agreedInMs, allAgreedInMs, backInMs, talkingInMs, splitInMs } =
    measureMove;
  const columns = [
    column(seenInMs, 6),
    column(agreedInMs, 8),
    column(allAgreedInMs, 8),
    ...[backInMs, talkingInMs].flatMap(({ p50, p99, max }) => [
      column(p50, 8),
      column(p99, 6),
      column(max, 6),
    ]),
    column(splitInMs, 8),
  ];
  return `${cause.padEnd(29)}${columns.join("")}`;
}

function lineOfCalls({ server, isLeader, callsPerPoll, byOperation }: QuietCalls): string {
  const operations = Object.entries(byOperation).map(([name, count]) => `${name} ${count}`);
  const lead = isLeader ? " (leads)" : "";
  return `  ${`${server}${lead}`.padEnd(16)} ${callsPerPoll.toFixed(2)}  ${operations.join(", ")}`;
}

function column(value: number | undefined, width: number): string {
  return (value === undefined ? "-" : String(Math.round(value))).padStart(width);
}
