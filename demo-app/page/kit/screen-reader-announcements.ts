import { setText } from "./dom.ts";

const PAUSE_IN_MS = 5000;

/** Announces the latest text to a screen reader, politely and not all the time. */
export class ScreenReaderAnnouncements {
  readonly #element: HTMLElement;
  #latest = "";
  #isPausing = false;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  announce(text: string): void {
    this.#latest = text;
    if (this.#isPausing) return;
    this.#isPausing = true;
    // What follows at once belongs to it: the first word waits a little, too.
    setTimeout(() => {
      setText(this.#element, this.#latest);
      setTimeout(() => {
        this.#isPausing = false;
        if (this.#element.textContent !== this.#latest) this.announce(this.#latest);
      }, PAUSE_IN_MS);
    }, 400);
  }
}
