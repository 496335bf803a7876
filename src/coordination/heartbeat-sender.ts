import type { Observation } from "../contract/coordination.ts";
import { writeHeartbeat } from "./heartbeat.ts";

/** What this server tells its peers, and when it is time to. */
export class HeartbeatSender {
  readonly #intervalInMs: number;
  #sequence = 0;
  #last: { readonly content: string | undefined; readonly at: number } | undefined;

  /** @param leaseInMs Who is silent for so long is no longer counted on. */
  constructor(leaseInMs: number) {
    this.#intervalInMs = leaseInMs / 3;
  }

  /** Whether anything of this server may be in the store. */
  get hasSent(): boolean {
    return this.#last !== undefined;
  }

  /**
   * Sends what this server sees when that has changed, when there is another leader, who does not
   * know yet that this server lives, or when it is time to show that it still does.
   *
   * @param now Monotonic milliseconds.
   */
  async sendIfDue(
    observation: Observation,
    leader: string | null | undefined,
    now: number,
    send: (text: string) => Promise<void>,
  ): Promise<void> {
    const content = JSON.stringify([leader, observation]);
    const isDue = !this.#last || now - this.#last.at >= this.#intervalInMs;
    if (content === this.#last?.content && !isDue) return;
    this.#sequence += 1;
    // Until it is known to have arrived, it has to be sent again.
    this.#last = { content: undefined, at: now };
    await send(writeHeartbeat({ sequence: this.#sequence, endpoints: observation }));
    this.#last = { content, at: now };
  }

  /** The last heartbeat of all. */
  farewell(endpoints: Observation): string {
    return writeHeartbeat({ sequence: this.#sequence + 1, endpoints, hasLeft: true });
  }
}
