/** What is said. JSON stays the text it arrived as, so that it is passed on byte for byte. */
export type Payload =
  | { readonly dataType: "text"; readonly text: string }
  | { readonly dataType: "json"; readonly json: string }
  | { readonly dataType: "binary"; readonly bytes: Buffer }
  /** A `google.protobuf.Any`, serialized. */
  | { readonly dataType: "protobuf"; readonly bytes: Buffer };

/** What a message says about itself beside its payload. */
export type Metadata = Readonly<Record<string, string>>;

export interface StreamError {
  readonly name: "Cancelled" | "Forbidden" | "IdleTimeout" | "InternalServerError" | "UserError";
  readonly message?: string | undefined;
  readonly userErrorCode?: string | undefined;
}

/** The place of a message in a stream. */
export interface StreamPosition {
  readonly streamId: string;
  readonly streamSequenceId: number;
  readonly endOfStream?: true | undefined;
  readonly error?: StreamError | undefined;
}

interface Content {
  readonly payload: Payload;
  readonly metadata?: Metadata | undefined;
}

export interface ServerMessage extends Content {
  readonly from: "server";
}

export interface GroupMessage extends Content {
  readonly from: "group";
  readonly group: string;
  /** Null when the server or an anonymous client sent it. */
  readonly fromUserId: string | null;
  readonly stream?: StreamPosition | undefined;
}

export type Message = ServerMessage | GroupMessage;

/** One WebSocket message, ready to be written or just read. */
export interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
  /** `data` behind its WebSocket header, when that has been made already. */
  readonly wire?: Buffer;
}
