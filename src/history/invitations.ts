import type { InvitedClient } from "../context/history-port.ts";
import { groupStream, HUB_STREAM, userStream } from "../context/stream-name.ts";
import { waitAtMost } from "../kit/deadline.ts";
import { clientNameOf } from "./client-stream-name.ts";
import type { Confirmations, Tops } from "./confirmations.ts";
import { encodePosition } from "./envelope.ts";

export interface InvitationsOptions {
  readonly confirmations: Confirmations;
  readonly isTracked: (stream: string) => boolean;
  /** For how long a client is kept waiting, milliseconds. */
  readonly timeoutInMs: number;
}

/** Where the streams of a client end before it has connected: whatever comes after that, it is to get. */
export class Invitations {
  readonly #options: InvitationsOptions;

  constructor(options: InvitationsOptions) {
    this.#options = options;
  }

  /** By the names that the client has for the streams; none when the store does not answer. Never rejects. */
  async positionsFor({ userId, groups }: InvitedClient): Promise<Readonly<Record<string, string>>> {
    const { confirmations, isTracked, timeoutInMs } = this.#options;
    const own = userId === undefined ? [] : [userStream(userId)];
    const streams = [HUB_STREAM, ...own, ...groups.map(groupStream)].filter(isTracked);
    let tops: Tops | undefined;
    const confirming = confirmations.confirm(streams).then(
      (confirmed) => {
        tops = confirmed;
      },
      // The session tells that the store is away.
      () => undefined,
    );
    await waitAtMost(timeoutInMs, confirming);
    return Object.fromEntries(
      streams.flatMap((stream) => {
        const top = tops?.get(stream);
        return top ? [[clientNameOf(stream), encodePosition(top)]] : [];
      }),
    );
  }
}
