import type { Happening } from "../contract/live.ts";
import { Journal } from "../kit/observable-log.ts";

export interface Told {
  readonly kind: string;
  readonly text: string;
  /** Default: neutral. */
  readonly tone?: Happening["tone"];
  readonly server?: string | null;
  readonly endpoint?: string | null;
}

const KEPT = 5000;

/** Numbers and dates everything that happens. */
export class Chronicle {
  readonly journal = new Journal<Happening>(KEPT);
  #lastId = 0;

  tell({ kind, text, tone = "neutral", server = null, endpoint = null }: Told): void {
    this.#lastId += 1;
    this.journal.add({ id: this.#lastId, at: Date.now(), kind, tone, server, endpoint, text });
  }
}
