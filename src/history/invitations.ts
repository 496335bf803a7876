import type { InvitedClient } from "../context/history-port.ts";
import { groupStream, HUB_STREAM, userStream } from "../context/stream-name.ts";
import { type Clock, systemClock } from "../kit/clock.ts";
import { clientNameOf } from "./client-stream-name.ts";
import type { Confirmations, Tops } from "./confirmations.ts";
import { encodePosition } from "./envelope.ts";

export interface InvitationsOptions {
  readonly confirmations: Confirmations;
  readonly isTracked: (stream: string) => boolean;
  /** For how long a client is kept waiting, milliseconds. */
  readonly timeoutInMs: number;
  readonly clock?: Clock | undefined;
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
    const tops = await this.#inTime(confirmations.confirm(streams), timeoutInMs);
    return Object.fromEntries(
      streams.flatMap((stream) => {
        const top = tops?.get(stream);
        return top ? [[clientNameOf(stream), encodePosition(top)]] : [];
      }),
    );
  }

  /** @returns Undefined when the store does not tell, or not soon; the session says so. */
  #inTime(confirming: Promise<Tops>, timeoutInMs: number): Promise<Tops | undefined> {
    const { clock = systemClock } = this.#options;
    return new Promise((resolve) => {
      const timer = clock.callIn(timeoutInMs, () => resolve(undefined));
      const end = (tops?: Tops): void => {
        timer.cancel();
        resolve(tops);
      };
      confirming.then(end, () => end());
    });
  }
}
