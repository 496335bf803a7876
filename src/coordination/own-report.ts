import type { Observation } from "../contract/coordination.ts";
import { writeReport } from "./observation.ts";

/** What a server reports, and when it is time to. */
export class OwnReport {
  readonly #intervalInMs: number;
  #beat = 0;
  #last: { readonly news: string; readonly at: number } | undefined;

  /** @param leaseInMs Who is silent for so long is no longer counted on. */
  constructor(leaseInMs: number) {
    this.#intervalInMs = leaseInMs / 3;
  }

  /** Whether anything of this server may be in the store. */
  get isSaid(): boolean {
    return this.#last !== undefined;
  }

  /**
   * Reports what this server sees when that is news, when there is another leader, who does not
   * know yet that this server lives, or when it is time to show that it still does.
   *
   * @param now Monotonic milliseconds.
   */
  async sayIfDue(
    observation: Observation,
    leader: string | null | undefined,
    now: number,
    say: (text: string) => Promise<void>,
  ): Promise<void> {
    const news = JSON.stringify([leader, observation]);
    const isDue = !this.#last || now - this.#last.at >= this.#intervalInMs;
    if (news === this.#last?.news && !isDue) return;
    this.#beat += 1;
    // Until it is known to have arrived, it has to be said again.
    this.#last = { news: "", at: now };
    await say(writeReport(observation, this.#beat));
    this.#last = { news, at: now };
  }
}
