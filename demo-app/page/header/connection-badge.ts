import { setAttributes, setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";

/** Whether what the page shows is what is. */
export class ConnectionBadge {
  readonly topics = ["link"] as const;
  readonly #state: LiveState;
  readonly #element: HTMLElement;

  constructor(state: LiveState, element: HTMLElement) {
    this.#state = state;
    this.#element = element;
  }

  draw(): void {
    const { isLinked, environment } = this.#state;
    setAttributes(document.body, { "data-link": isLinked ? "live" : "cut" });
    setAttributes(this.#element, { "data-state": isLinked ? "live" : "cut" });
    const lost = environment
      ? "The control room does not answer. What you see is its last word; looking for it …"
      : "The control room does not answer. Is the demo still running?";
    setText(this.#element, isLinked ? "Live" : lost);
  }
}
