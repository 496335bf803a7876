import { setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";

const EMULATED = "Emulated on this machine, and breakable. Every dot is a real client.";
const AZURE =
  "On Azure Web PubSub. Every dot is a real client; regions are broken and healed in the portal.";

/** Says what kind of environment this is. */
export class ModeLine {
  readonly topics = ["environment"] as const;
  readonly #state: LiveState;
  readonly #element: HTMLElement;

  constructor(state: LiveState, element: HTMLElement) {
    this.#state = state;
    this.#element = element;
  }

  draw(): void {
    const { environment } = this.#state;
    if (environment) setText(this.#element, environment.mode === "azure" ? AZURE : EMULATED);
  }
}
