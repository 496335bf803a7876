import type { Frame } from "../context/history-port.ts";
import { readStreamName } from "../context/stream-name.ts";
import type { HistoryOptions } from "../contract/history-options.ts";
import type { LoggedMessage, StreamPosition } from "../contract/history-store.ts";
import { CONTINUITY_GROUP } from "../marker-groups/marker.ts";
import { EncodedBody } from "../service/encoded-body.ts";
import {
  type Envelope,
  encodeEnvelope,
  isTellableConnection,
  type StreamKind,
} from "./envelope.ts";

/** What the service passes on beside a message as metadata `rps`. */
export const METADATA_HEADER = "X-WebPubSub-Metadata-Rps";
const DATA_MEMBER = "$rps";

/** Connections that one skip is for: their ids stand in the filter of a URL. */
const maxSkippedAtOnce = 20;

/** Clients that can tell what they have had, and notice no frame without a message. */
const KEEPS_POSITIONS = `'${CONTINUITY_GROUP}' in groups`;

export type Carrier = NonNullable<HistoryOptions["carrier"]>;

const NO_HEADERS = {};

/** What is sent, with what travels beside it or inside. */
export class Frames {
  readonly #carrier: Carrier;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Whether a position can travel with it. */
  carries(body: EncodedBody): boolean {
    return this.#carrier === "metadata" || isJsonObject(body);
  }

  /** What is of no stream. */
  plain(body: EncodedBody): Frame {
    return { body, headers: NO_HEADERS };
  }

  /** A message on its first way, to all clients. */
  message(
    stream: string,
    body: EncodedBody,
    position: StreamPosition,
    message: Pick<LoggedMessage, "id" | "excluded" | "fromUserId">,
  ): Frame {
    const { id, excluded, fromUserId: user } = message;
    const kind = kindOf(stream);
    const publisher = user === undefined ? undefined : excluded?.find(isTellableConnection);
    const envelope: Envelope = { type: "message", kind, position, id, user, excluded: publisher };
    return { ...this.#wrap(envelope, body), excluded };
  }

  /** A message that was not logged. */
  bypassed(stream: string, body: EncodedBody, id: string): Frame {
    return this.#wrap({ type: "bypassed", kind: kindOf(stream), id }, body);
  }

  /** A message once more, to those who can tell whether they have had it. */
  again(stream: string, message: LoggedMessage, position: StreamPosition): Frame {
    const frame = this.message(stream, bodyOf(message), position, message);
    return { ...frame, filter: KEEPS_POSITIONS };
  }

  /** Tells connections that are not sent a message where it would have been. */
  skips(stream: string, position: StreamPosition, excluded: readonly string[] = []): Frame[] {
    const frames: Frame[] = [];
    for (let from = 0; from < excluded.length; from += maxSkippedAtOnce) {
      const ids = excluded.slice(from, from + maxSkippedAtOnce);
      const isOneOfThem = ids.map((id) => `connectionId eq ${quoted(id)}`).join(" or ");
      const filter = `${KEEPS_POSITIONS} and (${isOneOfThem})`;
      frames.push({ ...this.#alone({ type: "skip", kind: kindOf(stream), position }), filter });
    }
    return frames;
  }

  /** Has clients look whether they have all of a stream up to its end, or of all streams. */
  check(stream: string | undefined, position?: StreamPosition): Frame {
    const kind = stream === undefined ? "all" : kindOf(stream);
    return { ...this.#alone({ type: "check", kind, position }), filter: KEEPS_POSITIONS };
  }

  #alone(envelope: Envelope): Frame {
    if (this.#carrier === "data") return this.#wrap(envelope, new EncodedBody(EMPTY, JSON_TYPE));
    return this.#wrap(envelope, new EncodedBody(BLANK, "text/plain"));
  }

  #wrap(envelope: Envelope, body: EncodedBody): Frame {
    const text = encodeEnvelope(envelope);
    if (this.#carrier === "metadata") return { body, headers: { [METADATA_HEADER]: text } };
    const member = Buffer.from(`{${JSON.stringify(DATA_MEMBER)}:${JSON.stringify(text)}`);
    const hasOthers = body[1] !== CLOSING_BRACE;
    const parts = [member, ...(hasOthers ? [COMMA] : []), bytesOf(body).subarray(1)];
    return { body: new EncodedBody(Buffer.concat(parts), body.contentType), headers: NO_HEADERS };
  }
}

const JSON_TYPE = "application/json";
const EMPTY = Buffer.from("{}");
const BLANK = Buffer.from(" ");
const COMMA = Buffer.from(",");
const [OPENING_BRACE, CLOSING_BRACE] = EMPTY;

/** They are encoded here, so that nothing stands before the brace. */
function isJsonObject(body: EncodedBody): boolean {
  return body.contentType === JSON_TYPE && body[0] === OPENING_BRACE;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: EncodedBody): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

const quoted = (id: string): string => `'${id.replaceAll("'", "''")}'`;

function kindOf(stream: string): StreamKind {
  return readStreamName(stream)?.kind ?? "hub";
}

/** As it is logged. */
export function dataOf(body: EncodedBody): Pick<LoggedMessage, "data" | "dataType"> {
  const bytes = bytesOf(body);
  if (body.contentType === JSON_TYPE) return { dataType: "json", data: bytes.toString("utf8") };
  if (body.contentType === "text/plain") return { dataType: "text", data: bytes.toString("utf8") };
  return { dataType: "binary", data: bytes.toString("base64") };
}

function bodyOf({ dataType, data }: LoggedMessage): EncodedBody {
  if (dataType === "json") return new EncodedBody(Buffer.from(data), JSON_TYPE);
  if (dataType === "text") return new EncodedBody(Buffer.from(data), "text/plain");
  return new EncodedBody(Buffer.from(data, "base64"), "application/octet-stream");
}
