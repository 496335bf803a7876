import { html, svg } from "../kit/dom.ts";
import { signElement } from "./signs.ts";

const LINE = "M1 7H27";

/** What the lines and dots of the map mean. */
export function fillLegend(root: HTMLElement): void {
  root.append(
    item(line("link-group", { "data-role": "primary", "data-use": "yes" }), "primary, in use"),
    item(line("link-group", { "data-role": "secondary", "data-use": "yes" }), "secondary, in use"),
    item(line("link-group", { "data-role": "primary", "data-use": "no" }), "primary"),
    item(line("link-group", { "data-role": "secondary", "data-use": "no" }), "secondary"),
    item(check(), "health check"),
    item(eventArrow(), "events of clients"),
    item(dots(), "a client, in the shape of its region"),
    item(you(), "this tab"),
  );
}

function item(picture: SVGElement, text: string): HTMLElement {
  return html("li", {}, picture, text);
}

function picture(...children: SVGElement[]): SVGElement {
  return svg("svg", { width: 28, height: 14, "aria-hidden": "true" }, ...children);
}

function line(className: string, attributes: Record<string, string>): SVGElement {
  return picture(
    svg("g", { class: className, ...attributes }, svg("path", { class: "link-line", d: LINE })),
  );
}

function eventArrow(): SVGElement {
  return picture(
    svg(
      "g",
      { class: "event-arrow" },
      svg("path", { class: "event-line", d: "M1 7H20" }),
      svg("path", { class: "event-head", d: "M27 7L19 2.5V11.5Z" }),
    ),
  );
}

function check(): SVGElement {
  return picture(
    signElement("good", { x: 9, y: 7 }, 0.72),
    signElement("bad", { x: 22, y: 7 }, 0.72),
  );
}

function you(): SVGElement {
  return picture(svg("rect", { class: "you-box", x: 2, y: 1, width: 24, height: 12, rx: 6 }));
}

function dots(): SVGElement {
  return picture(
    svg("circle", { class: "dot", "data-region": 0, cx: 8, cy: 7, r: 4.5 }),
    svg("path", { class: "dot", "data-region": 1, d: "M20 1.4L25.6 7L20 12.6L14.4 7Z" }),
  );
}
