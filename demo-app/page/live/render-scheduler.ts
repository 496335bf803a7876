import type { Topic } from "./live-state.ts";

/** A part of the page, and what it has to be drawn anew for. */
export interface Part {
  readonly topics: readonly Topic[];
  draw(changed: ReadonlySet<Topic>): void;
}

/** Draws each part at most once in an animation frame, however much has changed. */
export class RenderScheduler {
  readonly #parts: Part[] = [];
  #changed = new Set<Topic>();
  #isAsked = false;

  add(...parts: Part[]): void {
    this.#parts.push(...parts);
  }

  changed(...topics: Topic[]): void {
    for (const topic of topics) this.#changed.add(topic);
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#isAsked = false;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const part of this.#parts) {
      if (part.topics.some((topic) => changed.has(topic))) part.draw(changed);
    }
  }
}
