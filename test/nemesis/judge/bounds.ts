import type { Settings } from "../recording/entry.ts";

/** How long things may take, in milliseconds. What the machine was too slow for comes on top. */
export interface Bounds {
  /** After everything is mended, until all servers answer alike. */
  readonly agreedInMs: number;
  /** After everything is mended, until all clients are on the active endpoint. */
  readonly backInMs: number;
  readonly quietInMs: number;
  /** How long clients may stay on a left endpoint that a server reaches which also reaches the store. */
  readonly leftBehindInMs: number;
  /** How long a server may look for an endpoint that answers well, before it answers with it. */
  readonly refusalInMs: number;
  /** From a new agreement on, clients of its endpoint may still be closed by those who have not heard of it. */
  readonly closingInMs: number;
  /** How old a vote may be. */
  readonly evidenceInMs: number;
  /** For how long a server must have been at the store without a break, to have sent a heartbeat for sure. */
  readonly heartbeatInMs: number;
  /** After the store, or the way to it, is back, until a server has dialled it anew. */
  readonly dialInMs: number;
}

const SLACK_IN_MS = 300;

export function boundsOf(settings: Settings): Bounds {
  const { leaseInMs, pollInMs, clientSilenceInMs, clientPauseInMs } = settings;
  const agreedInMs = 3 * leaseInMs + 5000;
  // Clients notice a silent endpoint, negotiate, and are closed where a slow server has sent them.
  const backInMs = agreedInMs + clientSilenceInMs + 3 * clientPauseInMs + leaseInMs + 5000;
  return {
    agreedInMs,
    backInMs,
    quietInMs: backInMs + 1000,
    leftBehindInMs: 3 * leaseInMs + 5000,
    refusalInMs: 3000,
    closingInMs: leaseInMs + 2 * pollInMs + SLACK_IN_MS,
    evidenceInMs: 2 * leaseInMs + 2 * pollInMs + SLACK_IN_MS,
    heartbeatInMs: leaseInMs / 3 + pollInMs + SLACK_IN_MS,
    dialInMs: 1500,
  };
}
