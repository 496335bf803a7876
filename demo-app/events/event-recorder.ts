import type { DemoEvent } from "../contract/live.ts";
import { ObservableLog } from "../kit/observable-log.ts";

export interface EventDescription {
  readonly kind: string;
  readonly text: string;
  /** Default: neutral. */
  readonly tone?: DemoEvent["tone"];
  readonly server?: string | null;
  readonly endpoint?: string | null;
}

const KEPT = 5000;

/** Numbers and dates everything that happens. */
export class EventRecorder {
  readonly log = new ObservableLog<DemoEvent>(KEPT);
  #lastId = 0;

  record({ kind, text, tone = "neutral", server = null, endpoint = null }: EventDescription): void {
    this.#lastId += 1;
    this.log.add({ id: this.#lastId, at: Date.now(), kind, tone, server, endpoint, text });
  }
}
