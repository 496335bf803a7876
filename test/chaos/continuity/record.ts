import type { Numbered, StreamName } from "./message.ts";

/** A message that was sent, and what its sender was told of it. */
export interface Sent extends Numbered {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly history: "logged" | "bypassed" | "untracked" | "failed";
  /** Endpoints that accepted it; undefined where the sender is not told. */
  readonly delivered?: readonly string[] | undefined;
  /** Where it is in the stream, if the sender is told. */
  readonly position?: string | undefined;
  /** The client that is not to hear it. */
  readonly notTo?: string | undefined;
}

/** What a client was given without having been told of a gap: all from after `start` to `end`. */
export interface Segment {
  readonly epoch: string;
  readonly start: number;
  end: number;
  /** When it was told of the gap before it. */
  readonly since: number;
}

/** A message came after one of the same sender that was sent later. */
export interface Inversion extends Numbered {
  readonly after: number;
}

/** What one client with `continuity` was given in one stream. */
export interface StreamRecord {
  /** By sender, the numbers that came. */
  readonly received: Readonly<Record<string, string>>;
  readonly segments: readonly Segment[];
  /** Gaps that it was told of, times. */
  readonly falses: readonly number[];
  readonly inversions: readonly Inversion[];
  /** What came while the client's position did not cover it, though it has one. */
  readonly unplaced: readonly Numbered[];
}

export interface ClientRecord {
  readonly name: string;
  readonly streams: Readonly<Record<StreamName, StreamRecord>>;
  /** What is wrong whatever the others say. */
  readonly violations: readonly Violation[];
}

export interface Violation {
  readonly kind: "doubled" | "disordered" | "untold";
  readonly what: string;
}

/** Where a message is, as an app server has told a client. */
export interface Claim extends Numbered {
  readonly position: string;
}

export interface Moved {
  readonly at: number;
  readonly downtimeInMs: number;
  /** From the new connection to the end of catching up. */
  readonly catchUpInMs: number;
  readonly recovered: boolean | undefined;
}

/** An answer of the history: a `continuity` event. */
export interface Told {
  readonly at: number;
  /** When it was told of these streams before: of whatever has happened since, it is told now. */
  readonly since: number;
  readonly recovered: boolean;
  readonly replayed: number;
  readonly reasons: readonly string[];
}

export interface Connected {
  readonly endpoint: string;
  readonly from: number;
  readonly to: number;
}

/** What one plain client was given. */
export interface PlainRecord {
  readonly name: string;
  readonly kind: "official" | "simple";
  readonly received: Readonly<Record<string, string>>;
  readonly connected: readonly Connected[];
  readonly violations: readonly string[];
}

/** When something was broken, from the moment before to the moment after. */
export interface Outage {
  readonly cycle: number;
  readonly what: string;
  /** Region, or undefined for what concerns all. */
  readonly region: string | undefined;
  readonly isOfRedis: boolean;
  readonly from: number;
  /** Of redis: when the last app server had found out that it is back. */
  to: number;
}

/** All that is known of a run at its end. */
export interface RunRecord {
  readonly sent: readonly Sent[];
  readonly clients: readonly ClientRecord[];
  readonly claims: readonly Claim[];
  readonly plain: readonly PlainRecord[];
  readonly outages: readonly Outage[];
  readonly moved: readonly Moved[];
  readonly told: readonly Told[];
  /** How long the history took to answer, milliseconds. */
  readonly reads: readonly number[];
  /** How often an app server has lost the history while redis was well. */
  readonly losses: number;
  /** Unhandled rejections and warnings. */
  readonly complaints: readonly string[];
}
