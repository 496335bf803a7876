/** One that a call got, whatever it is. Times are monotonic milliseconds. */
export interface Answer {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly hasSucceeded: boolean;
  /** Whether the call has sent a message. */
  readonly isMessage: boolean;
}

/** A call that was sent and is not answered in full. Times are monotonic milliseconds. */
export interface SentCall {
  /** When it was sent, or something of its answer came last; infinite as long as it is being sent. */
  readonly quietSince: number;
  /** Size of its request. */
  readonly bytes: number;
  /**
   * Whether it sends a message, which the service takes as quickly as any other; closing a group or
   * listing it takes as long as the group is large.
   */
  readonly isMessage: boolean;
}

/** Long for an answer that is under way, short for a call that is never answered. */
const LEAST_PATIENCE_IN_MS = 100;
/** What a slow line sends in a millisecond: the system takes a message long before it has sent it. */
const BYTES_PER_MS = 50;
const WEIGHT_OF_LATEST = 0.1;
/** For a slow answer to be forgotten; by time, since in a burst many quick ones come at once. */
const MEMORY_IN_MS = 1000;
/** Of the sockets, which messages that hang may keep. */
const SHARE_OF_HUNG = 0.5;

/**
 * What calls that have succeeded say about those that are not answered. Those that have failed are
 * not learnt from: what refuses or delays a message need not be the endpoint.
 */
export class AnswerTimes {
  /** How long answers to calls of all kinds take, as a moving average. */
  typicalInMs = 0;
  /** When that message was sent which was sent last of those that were accepted. */
  latestSentAt = Number.NEGATIVE_INFINITY;
  /** It rises at once, so that a slow answer, or a pause of ours, excuses those that come with it. */
  #slowInMs = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;

  learn({ sentAt, answeredAt, hasSucceeded, isMessage }: Answer): void {
    if (!hasSucceeded) return;
    const durationInMs = answeredAt - sentAt;
    this.typicalInMs += (durationInMs - this.typicalInMs) * WEIGHT_OF_LATEST;
    if (!isMessage) return;
    this.latestSentAt = Math.max(this.latestSentAt, sentAt);
    const kept = Math.exp((this.#answeredAt - answeredAt) / MEMORY_IN_MS);
    const fallen = durationInMs + (this.#slowInMs - durationInMs) * Math.min(1, kept);
    this.#answeredAt = answeredAt;
    this.#slowInMs = Math.max(durationInMs, fallen);
  }

  /** How long a message may be silent. */
  patienceInMs({ bytes }: Pick<SentCall, "bytes">): number {
    return Math.max(LEAST_PATIENCE_IN_MS, 2 * this.#slowInMs) + bytes / BYTES_PER_MS;
  }
}

/**
 * Which messages give way to calls that wait for a socket, while there is no other. As long as those
 * that are silent for too long hold half of the sockets at most, nobody does, so that a few that are
 * slow are never hurt. Beyond that, those give way that the endpoint has passed over: they had been
 * silent for too long already when another one was sent that was accepted. So an endpoint that
 * answers nobody, for a moment or for good, loses nothing by this.
 *
 * @param sent The calls that hold the sockets, the oldest first.
 * @returns In the same order; `unproven` when too many are silent, and nobody knows whether another
 *   one would be answered.
 */
export function callsToGiveWay<T extends SentCall>(
  sent: readonly T[],
  answers: AnswerTimes,
  maxSockets: number,
  now: number,
): readonly T[] | "unproven" {
  const isSilentAt = (at: number) => (call: T) =>
    call.isMessage && at - call.quietSince >= answers.patienceInMs(call);
  const silent = sent.filter(isSilentAt(now));
  if (silent.length <= maxSockets * SHARE_OF_HUNG) return [];
  const passedOver = silent.filter(isSilentAt(answers.latestSentAt));
  return passedOver.length > 0 ? passedOver : "unproven";
}
