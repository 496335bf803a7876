import { setAttributes, setText, svg } from "../kit/dom.ts";
import type { Layout } from "./layout.ts";

/** This tab on the map. */
export class TabMarker {
  readonly element: SVGGElement;
  readonly #title = svg("title");

  constructor() {
    this.element = svg(
      "g",
      { class: "you" },
      this.#title,
      svg("circle", { class: "you-halo", r: 21 }),
      svg("rect", { class: "you-box", x: -18, y: -11, width: 36, height: 22, rx: 11 }),
      svg("text", { class: "you-text", y: 4.2 }, "You"),
    );
  }

  /** Its column is -1 while it has no connection. */
  show(layout: Layout, column: number, where: string): void {
    const place = layout.columns[column];
    const { x, y } = place?.tabMarker ?? { x: layout.dock.x + 28, y: layout.dock.y + 55 };
    this.element.style.transform = `translate(${x}px, ${y}px)`;
    setAttributes(this.element, { "data-place": place ? "connected" : "nowhere" });
    setText(this.#title, where);
  }
}
