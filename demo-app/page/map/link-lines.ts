import type { LinkView, ServerView } from "../../contract/live.ts";
import { setAttributes, setText, svg } from "../kit/dom.ts";
import { plainReason } from "../kit/text-format.ts";
import type { Layout } from "./layout.ts";
import { type Curve, eventCurve, linkCurve } from "./link-curves.ts";
import { type Sign, signElement } from "./signs.ts";

const SIGNS: Readonly<Record<LinkView["health"], Sign>> = {
  healthy: "good",
  unhealthy: "bad",
  unknown: "unknown",
};

/** What an app server has to do with an endpoint: its role there, its health, and if it is in use. */
export class LinkLine {
  readonly element: SVGGElement;
  readonly #line: SVGPathElement;
  readonly #title = svg("title");
  readonly #curve: Curve;
  #sign: Sign | undefined;

  constructor(layout: Layout, server: number, endpoint: number) {
    this.#curve = linkCurve(layout, server, endpoint);
    this.#line = svg("path", { class: "link-line", d: this.#curve.d });
    const aura = svg("path", { class: "link-aura", d: this.#curve.d });
    this.element = svg("g", { class: "link-group" }, this.#title, aura, this.#line);
  }

  show(
    { region, isRunning }: ServerView,
    link: LinkView,
    clients: number,
    isAnswer: boolean,
  ): void {
    const { role, health, reason, endpoint } = link;
    const isInUse = clients > 0 || (isAnswer && isRunning);
    setAttributes(this.element, {
      "data-role": role,
      "data-use": isInUse ? "yes" : "no",
      "data-health": isRunning ? health : "unknown",
      "data-server": isRunning ? "running" : "stopped",
    });
    const why = reason ? ` (${plainReason(reason)})` : "";
    setText(this.#title, `${region} → ${endpoint}: its ${role}, ${health}${why}`);
    const sign = isRunning ? SIGNS[health] : "unknown";
    if (sign === this.#sign) return;
    this.#sign = sign;
    this.element.querySelector(".sign")?.remove();
    const { start } = this.#curve;
    this.element.append(signElement(sign, { x: start.x, y: start.y + 15 }, 0.72));
  }
}

/** What clients send goes this way, from an endpoint to the app server of its region. */
export class EventArrow {
  readonly element: SVGGElement;

  constructor(layout: Layout, column: number) {
    const { d, end } = eventCurve(layout, column);
    const head = `M${end.x} ${end.y - 4}l-4.5 8.5h9Z`;
    this.element = svg(
      "g",
      { class: "event-arrow" },
      svg(
        "title",
        {},
        "Event handler: what clients of this endpoint send comes to this app server",
      ),
      svg("path", { class: "event-line", d }),
      svg("path", { class: "event-head", d: head }),
    );
  }

  show(isInUse: boolean): void {
    setAttributes(this.element, { "data-use": isInUse ? "yes" : "no" });
  }

  /** Something has just gone this way. */
  flash(): void {
    const { classList } = this.element;
    classList.remove("flash");
    requestAnimationFrame(() => classList.add("flash"));
  }
}
