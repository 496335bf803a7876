import type { StreamPosition } from "./envelope.ts";

/** How the client came by a stream. */
export type StreamOrigin =
  /** By its token: the hub, its user, groups. */
  | "token"
  /** It joined the group itself. */
  | "join"
  /** A frame came; somebody else has put the connection into the group, and may do so again. */
  | "frame";

/** What is kept of a message until its turn has come. */
export interface Held<Message> {
  readonly position: StreamPosition;
  /** Undefined for a skip. */
  readonly message: Message | undefined;
  readonly id: string | undefined;
  readonly size: number;
  /** It came from the history. */
  readonly isReplayed?: boolean;
}

/** How far a client has read a stream, and what stands in the way of more. Plain data. */
export interface StreamState<Message> {
  by: StreamOrigin;
  /** Undefined before it is known where the stream begins for this client. */
  epoch?: string | undefined;
  offset: number;
  /** The highest offset of the epoch that came, whether it is held or not, or that a check told of. */
  seen: number;
  /** Epochs that this client held and left, the latest last, and how far it had read them. */
  left: StreamPosition[];
  /** Answers of epochs that it left, in a row. */
  refusals: number;
  /** By their positions: what came before its turn, or with an epoch that the client does not know. */
  held: Map<string, Held<Message>>;
  /** The connection is in it, as far as the client knows. */
  isJoined?: boolean | undefined;
  /** It has not been read since it was joined. */
  isUnread?: boolean | undefined;
  /** It is to be read. */
  isDue?: boolean | undefined;
  /** A timer runs for a gap. */
  isHolding?: boolean;
  /** Messages may have been missed of which no position tells. */
  isVague?: boolean;
  /** The client may not read it: frames are delivered as they come. */
  isForbidden?: boolean;
  /** What was asked, while there is no answer. */
  asked?:
    | { readonly epoch: string | undefined; readonly offset: number; readonly seen: number }
    | undefined;
}

/** All streams of a client. Plain data: a copy of it is another client in the same state. */
export interface ClientPositions<Message> {
  streams: Map<string, StreamState<Message>>;
  /** Of messages that came without a position, the latest last. */
  bypassed: Set<string>;
  /** Of messages that had one. */
  logged: Set<string>;
}

/** What a stream was answered. */
export interface StreamAnswer<Message> {
  /** The end of the stream; undefined where nobody could or would tell. */
  readonly position: StreamPosition | undefined;
  readonly recovered: boolean;
  readonly reason?: string | undefined;
  readonly messages: readonly {
    readonly offset: number;
    readonly id: string | undefined;
    /** Undefined for a skip. */
    readonly message: Message | undefined;
  }[];
}

/** What happens to a client, in this order on each connection: `connected`, `joined`, frames. */
export type PositionEvent<Message> =
  /** A new connection is up; the positions are those that negotiate told, taken before its token. */
  | { readonly type: "connected"; readonly positions: Readonly<Record<string, StreamPosition>> }
  /** The service has confirmed it. */
  | { readonly type: "joined" | "left"; readonly stream: string }
  | {
      readonly type: "message";
      readonly stream: string;
      readonly position: StreamPosition;
      /** Undefined for a skip, as is the message. */
      readonly id: string | undefined;
      readonly message: Message | undefined;
      /** Characters. */
      readonly size: number;
    }
  | {
      readonly type: "bypassed";
      readonly stream: string;
      readonly id: string;
      readonly message: Message;
    }
  /** Without a stream: all of them are to be read; without a position: where it ends is not told. */
  | {
      readonly type: "check";
      readonly stream?: string | undefined;
      readonly position?: StreamPosition | undefined;
    }
  /** What waited for the frames before it has waited long enough. */
  | { readonly type: "held"; readonly stream: string }
  | { readonly type: "answered"; readonly answers: ReadonlyMap<string, StreamAnswer<Message>> }
  | { readonly type: "failed" };

/** What is to be done, in this order. */
export type PositionEffect<Message> =
  | {
      readonly type: "deliver";
      readonly stream: string;
      /** Undefined for a message that has none. */
      readonly position: StreamPosition | undefined;
      readonly message: Message;
      readonly isReplayed: boolean;
    }
  /** Report `held` after a moment. */
  | { readonly type: "hold"; readonly stream: string }
  /** Ask, and report what came of it. One question at a time. */
  | { readonly type: "read" }
  /** What a read said of a stream; between two that are not `recovered` nothing is missing. */
  | {
      readonly type: "told";
      readonly stream: string;
      readonly recovered: boolean;
      readonly reason: string | undefined;
    };

/** A question for the history. */
export interface StreamQuestion {
  /** Without an epoch where the client has no position. */
  readonly since: Partial<StreamPosition>;
  /** Undefined where the client knows of no more than it has read. */
  readonly seen: StreamPosition | undefined;
}
