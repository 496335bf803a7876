import { byId, setText } from "../kit/dom.ts";
import type { LiveState } from "../live/live-state.ts";

const EMULATED = "Both regions run on this machine, and every dot is a real client.";
const AZURE =
  "On Azure Web PubSub; every dot is a real client, and regions are broken and healed in the portal.";
const COPIED_FOR_IN_MS = 2000;

/** Says what kind of environment this is, below what the product is. */
export class ProductLine {
  readonly topics = ["environment"] as const;
  readonly #state: LiveState;
  readonly #element: HTMLElement;

  constructor(state: LiveState, element: HTMLElement) {
    this.#state = state;
    this.#element = element;
    this.#offerToCopy(byId("copy-install"), byId("install"));
  }

  draw(): void {
    const { environment } = this.#state;
    if (environment) setText(this.#element, environment.mode === "azure" ? AZURE : EMULATED);
  }

  #offerToCopy(copy: HTMLElement, command: HTMLElement): void {
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command.textContent ?? "");
        setText(copy, "Copied");
      } catch {
        getSelection()?.selectAllChildren(command);
        setText(copy, "Press Ctrl+C");
      }
      setTimeout(() => setText(copy, "Copy"), COPIED_FOR_IN_MS);
    });
  }
}
