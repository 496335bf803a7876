import type { EndpointView } from "../../contract/live.ts";
import { svg } from "../kit/dom.ts";
import type { Box, Layout } from "./layout.ts";

const SHAPES = [
  "M-6 0A6 6 0 1 1 6 0A6 6 0 1 1-6 0Z",
  "M0-7.5L7.5 0L0 7.5L-7.5 0Z",
  "M0-7L7 5.5H-7Z",
  "M-5.5-5.5H5.5V5.5H-5.5Z",
];

/** A region each, with its name and the shape of the clients whose home region it is. */
export function zoneElements(layout: Layout, endpoints: readonly EndpointView[]): SVGElement[] {
  return endpoints.map(({ name }, index) => {
    const { x, y, width, height } = layout.columns[index]?.zone ?? layout.dock;
    const left = x + (layout.isNarrow ? 17 : 25);
    return svg(
      "g",
      { class: "zone" },
      svg("rect", { class: "zone-box", x, y, width, height, rx: 16 }),
      svg("path", {
        class: "zone-mark",
        d: SHAPES[index % 4],
        "data-region": index % 4,
        transform: `translate(${left} ${y + 24})`,
      }),
      svg("text", { class: "zone-name", x: left + 15, y: y + 29 }, name),
    );
  });
}

/** Where those gather who have no connection. */
export function dockElements({ x, y, width, height }: Box) {
  const countText = svg("tspan", { class: "dock-count" }, "0");
  const element = svg("rect", { class: "dock-box", x, y, width, height, rx: 14 });
  // Above the dots, which would cross it.
  const label = svg(
    "text",
    { class: "dock-name", x: x + width / 2, y: y + 21 },
    "Without a connection: ",
    countText,
  );
  return { element, label, countText };
}
