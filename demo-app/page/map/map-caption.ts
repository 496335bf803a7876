import { setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";
import { captionOf } from "./caption.ts";

/** The label of the map: before, during or after a failover. */
export class MapCaption {
  readonly topics = ["environment", "shown"] as const;
  readonly #state: LiveState;
  readonly #element: HTMLElement;

  constructor(state: LiveState, element: HTMLElement) {
    this.#state = state;
    this.#element = element;
  }

  draw(): void {
    const { environment, shown } = this.#state;
    if (!environment || shown.clients.size === 0) return;
    this.#element.hidden = false;
    setText(this.#element, captionOf(environment, shown));
  }
}
