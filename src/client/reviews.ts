import type { AppServers } from "./app-servers.ts";
import type { EndpointAndEpoch } from "./negotiated-endpoint.ts";
import { isHidden } from "./network-and-visibility.ts";
import { type ReviewMoment, ReviewSchedule } from "./review-schedule.ts";
import type { AbortSignalLike } from "./wire-types.ts";

interface Reviewed {
  readonly at: EndpointAndEpoch;
  /** Ends with the connection. */
  readonly signal: AbortSignalLike;
  readonly move: () => void;
}

/** Asks the app servers, as long as there is a connection, whether the client is to stay on it. */
export class Reviews {
  readonly #appServers: AppServers;
  readonly #schedule = new ReviewSchedule();
  #reviewed: Reviewed | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isAsking = false;

  constructor(appServers: AppServers) {
    this.#appServers = appServers;
  }

  /** @param move Called each time the client is told to move. */
  begin(at: EndpointAndEpoch, signal: AbortSignalLike, move: () => void): void {
    this.#reviewed = { at, signal, move };
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#reviewed = undefined;
    });
    this.#plan((moment) => this.#schedule.onConnected(moment));
  }

  /** Asks soon; without a connection there is nothing to ask about. */
  doubt(): void {
    const { reconnectSpreadInMs } = this.#appServers;
    this.#plan((moment) => this.#schedule.onDoubt(moment, reconnectSpreadInMs));
  }

  #plan(change: (moment: ReviewMoment) => void): void {
    const { reviewAfterInMs } = this.#appServers;
    const reviewed = this.#reviewed;
    if (!reviewed || reviewAfterInMs === undefined) return;
    const now = performance.now();
    change({ now, random: Math.random(), reviewAfterInMs });
    clearTimeout(this.#timer);
    if (this.#isAsking) return;
    this.#timer = setTimeout(() => void this.#ask(reviewed), this.#schedule.dueAt - now);
  }

  async #ask({ at, signal, move }: Reviewed): Promise<void> {
    this.#isAsking = true;
    this.#plan((moment) => this.#schedule.onAsked(moment, isHidden()));
    try {
      const review = await this.#appServers.review(at, signal);
      if (signal.aborted) return;
      if (review.move === true) move();
      else if (review.renew === true) await this.#appServers.negotiate([], signal);
    } catch {
      // Nobody knows better than to stay.
    } finally {
      this.#isAsking = false;
      this.#plan(() => {});
    }
  }
}
