import type { HistoryOutcome } from "../contract/fan-out-report.ts";
import type { StreamPosition } from "../contract/history-store.ts";
import type { EncodedBody } from "../service/encoded-body.ts";

/** A message that is about to be sent. */
export interface SendToLog {
  /** Name of the stream: `a`, `g:<group>` or `u:<user id>`; undefined for what is of none. */
  readonly stream: string | undefined;
  readonly body: EncodedBody;
  /** Ids of connections that are not sent it. */
  readonly excluded: readonly string[] | undefined;
  /** After how long the outbox takes it for unsent if nobody has settled it, milliseconds. */
  readonly dueInMs: number;
  /** Of a message that a user publishes. */
  readonly publication?: Publication | undefined;
}

/** What makes a message a user's. */
export interface Publication {
  readonly fromUserId: string;
  /** A second one with this key logs nothing. */
  readonly key: string;
}

/** What is sent to endpoints: the message, or what clients that keep positions are told in place of it. */
export interface Frame {
  readonly body: EncodedBody;
  /** Of the request; they travel beside the body. */
  readonly headers: Readonly<Record<string, string>>;
  /** Which clients get it; undefined: all of the stream. */
  readonly filter?: string | undefined;
  /** Ids of connections that do not get it. */
  readonly excluded?: readonly string[] | undefined;
}

/**
 * How a send went on one endpoint: `unsure` where it may have been accepted or not, `refused` where
 * it would be again, `out-of-use` where it was not tried.
 */
export type SendOutcome = "accepted" | "unsure" | "refused" | "out-of-use";

/** A message after it was logged, or was not. */
export interface LoggedSend {
  readonly history: HistoryOutcome;
  /** Of a logged message. */
  readonly position?: StreamPosition | undefined;
  /** Whether it had been logged before; then it must not be sent. */
  readonly isRepeated: boolean;
  /** What is to be sent. */
  readonly frame: Frame;
  /** What else is to be sent, to those that do not get the message. */
  readonly skips: readonly Frame[];
  /** Tells how all of that went, by the names of the endpoints. */
  settle(outcomes: ReadonlyMap<string, SendOutcome>): void;
}

/** A client that is about to connect. */
export interface InvitedClient {
  /** Undefined for one of a user that nobody sends to. */
  readonly userId: string | undefined;
  /** The groups that its token puts it into, without those of this package. */
  readonly groups: readonly string[];
}

/** What the parts of a plugin ask of its history. */
export interface HistoryPort {
  /**
   * Logs a message, in the order of the calls. It takes no longer than `appendTimeoutInMs`; without a
   * publication it never rejects.
   *
   * @throws ResilientPubSubError `ERR_HISTORY_UNAVAILABLE` for a publication that could not be logged
   */
  log(send: SendToLog): Promise<LoggedSend>;
  /**
   * Where the streams of a client end, by its names for them; none when the store does not answer in
   * time. Never rejects.
   */
  invite(client: InvitedClient): Promise<Readonly<Record<string, string>>>;
}

/** What the history asks of the fan-out: a frame, sent to the clients of a stream on one endpoint. */
export type Resend = (
  endpoint: string,
  stream: string,
  frame: Frame,
  signal: AbortSignal,
) => Promise<SendOutcome>;
