import type { Publication } from "../context/history-port.ts";
import { groupStream } from "../context/stream-name.ts";
import type { StreamPosition } from "../contract/history-store.ts";
import { type Claims, maySend } from "../grants/claims.ts";
import type { Grant } from "../grants/grant.ts";
import { RequestRefused } from "../http/problem.ts";
import { isMarker } from "../marker-groups/marker.ts";
import type { EncodedBody } from "../service/encoded-body.ts";
import { encodePosition, maxEnvelopeLength } from "./envelope.ts";
import { readPublish } from "./publish-request.ts";
import { unavailableError } from "./session.ts";

/** Encoded; what is left beside it of the longest envelope is for all the rest. */
const maxToldUserLength = maxEnvelopeLength - 150;

/** A client's event by which it publishes a message, as the service tells it. */
export interface PublishEvent {
  /** Undefined for a client without a user. */
  readonly userId: string | undefined;
  readonly connectionId: string;
  readonly body: Buffer;
}

export interface PublicationsOptions {
  /** Undefined for what is no grant, or has expired. */
  readonly verify: (grant: string) => Grant | undefined;
  /** Whether such a message to the stream is kept. */
  readonly keeps: (stream: string, body: EncodedBody) => boolean;
  /** Whether the user may name the stream now, which begins it where there is none. */
  readonly admits: (userId: string, stream: string) => boolean;
  /** Has it logged, and sent unless it was logged before. */
  readonly send: (message: {
    readonly group: string;
    readonly body: EncodedBody;
    readonly excluded: readonly string[] | undefined;
    readonly publication: Publication;
  }) => Promise<StreamPosition>;
}

/** What clients publish by way of an app server: what may be published is logged, and then sent. */
export class Publications {
  readonly #options: PublicationsOptions;

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /**
   * @returns Where the message is in the stream of its group.
   * @throws RequestRefused; ResilientPubSubError `ERR_HISTORY_UNAVAILABLE` when it is not known to be
   *   logged, and may be published again with the same key
   */
  async publish({ userId, connectionId, body: event }: PublishEvent): Promise<string> {
    const { group, body, key, grant, isWithoutEcho } = readPublish(event);
    const claims = this.#claimsOf(grant, userId);
    if (isMarker(group) || !maySend(claims, group))
      throw refused(403, "its user may not send to the group");
    const stream = groupStream(group);
    if (!this.#options.keeps(stream, body) || !isTellable(claims.userId)) throw unkept();
    if (!this.#options.admits(claims.userId, stream)) throw unavailableError();
    const position = await this.#options.send({
      group,
      body,
      excluded: isWithoutEcho ? [connectionId] : undefined,
      publication: { fromUserId: claims.userId, key: `p:${claims.userId}:${key}` },
    });
    return encodePosition(position);
  }

  /** Whoever holds a grant of somebody else does not become that by it. */
  #claimsOf(text: string, userId: string | undefined): Claims {
    const claims = this.#options.verify(text)?.claims;
    if (claims === undefined) throw refused(401, "negotiate again");
    if (claims.userId !== userId) throw refused(403, "it is of another user");
    return claims;
  }
}

/** The name travels with the message, where there is room for all but the longest. */
function isTellable(userId: string): boolean {
  try {
    return encodeURIComponent(userId).length <= maxToldUserLength;
  } catch {
    return false;
  }
}

function refused(status: 401 | 403, why: string): RequestRefused {
  const detail = `The grant is not good for publishing this: ${why}.`;
  return new RequestRefused({ status, code: "ERR_HISTORY_GRANT", detail });
}

function unkept(): RequestRefused {
  const detail = "Such a message is not kept, so it cannot be published.";
  return new RequestRefused({ status: 400, code: "ERR_HISTORY_REQUEST", detail });
}
