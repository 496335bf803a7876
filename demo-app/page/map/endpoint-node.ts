import { setAttributes, setText, svg } from "../kit/dom.ts";
import type { EndpointStatus } from "./endpoint-status.ts";
import type { Layout, Point } from "./layout.ts";
import { type Sign, signElement } from "./signs.ts";

/** An endpoint on the map: how many clients it has, and how it is. */
export class EndpointNode {
  readonly element: SVGGElement;
  readonly #countText: SVGTextElement;
  readonly #unit: SVGTextElement;
  readonly #pill = svg("g", { class: "pill" });
  readonly #ring: Point;
  readonly #radius: number;
  readonly #isNarrow: boolean;
  #shown = "";

  constructor({ ringRadius, isNarrow }: Layout, { x, y }: Point) {
    this.#ring = { x, y };
    this.#radius = ringRadius;
    this.#isNarrow = isNarrow;
    this.#countText = svg("text", { class: "ring-count", x, y: y + (isNarrow ? 2 : 9) }, "0");
    this.#unit = svg("text", { class: "ring-unit", x, y: y + (isNarrow ? 15 : 25) }, "clients");
    this.element = svg(
      "g",
      { class: "endpoint" },
      svg("circle", { class: "ring", cx: x, cy: y, r: ringRadius }),
      svg("text", { class: "ring-unit ring-kind", x, y: y - (isNarrow ? 15 : 20) }, "Web PubSub"),
      this.#countText,
      this.#unit,
      this.#pill,
    );
  }

  show({ sign, text }: EndpointStatus, clients: number, hasTab: boolean): void {
    const isBroken = sign === "bad" || sign === "warning";
    const traffic = clients > 0 ? "serving" : "idle";
    setAttributes(this.element, { "data-state": isBroken ? sign : traffic });
    setText(this.#countText, clients.toLocaleString("en"));
    const unit = clients === 1 ? "client" : "clients";
    const withTab = this.#isNarrow ? "+ you" : `${unit} + you`;
    setText(this.#unit, hasTab ? withTab : unit);
    if (this.#shown === `${sign} ${text}`) return;
    this.#shown = `${sign} ${text}`;
    this.#drawPill(sign, text);
  }

  #drawPill(sign: Sign, text: string): void {
    const width = 38 + text.length * 6.5;
    const x = this.#ring.x - width / 2;
    const y = this.#ring.y + this.#radius - 9;
    setAttributes(this.#pill, { "data-sign": sign });
    this.#pill.replaceChildren(
      svg("rect", { class: "pill-box", x, y, width, height: 22, rx: 11 }),
      signElement(sign, { x: x + 14, y: y + 11 }, 0.8),
      svg("text", { class: "pill-text", x: x + 26, y: y + 15 }, text),
    );
  }
}
