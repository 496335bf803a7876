import { svg } from "../kit/dom.ts";
import type { Point } from "./layout.ts";

export type Sign = "good" | "bad" | "warning" | "unknown" | "paused" | "pinned" | "info";

const STROKES: Readonly<Record<Sign, string>> = {
  good: "M-3.6.2L-1 2.8L3.8-2.6",
  bad: "M-3-3L3 3M3-3L-3 3",
  warning: "M0-3.6V.8M0 3.4V3.6",
  unknown: "M-2.2-1.6A2.3 2.3 0 1 1 0 1M0 3.5V3.7",
  paused: "M-1.9-3V3M1.9-3V3",
  pinned: "M0 4V-3.6M-3-.8L0-3.8L3-.8",
  info: "M0-.6V3.6M0-3.7V-3.5",
};

const OUTLINES: Readonly<Record<Sign, string>> = {
  good: "M-8 0A8 8 0 1 1 8 0A8 8 0 1 1-8 0Z",
  bad: "M-3.4-8H3.4L8-3.4V3.4L3.4 8H-3.4L-8 3.4V-3.4Z",
  warning: "M0-9.2L9.4 7.4H-9.4Z",
  unknown: "M-8 0A8 8 0 1 1 8 0A8 8 0 1 1-8 0Z",
  paused: "M-7.5-7.5H7.5V7.5H-7.5Z",
  pinned: "M-8 0A8 8 0 1 1 8 0A8 8 0 1 1-8 0Z",
  info: "M-8 0A8 8 0 1 1 8 0A8 8 0 1 1-8 0Z",
};

/** A state by shape as well as by colour: a circle, an octagon, a triangle, a square. */
export function signElement(sign: Sign, at: Point, scale = 1): SVGGElement {
  return svg(
    "g",
    { class: "sign", "data-sign": sign, transform: `translate(${at.x} ${at.y}) scale(${scale})` },
    svg("path", { class: "sign-ground", d: OUTLINES[sign] }),
    svg("path", { class: "sign-stroke", d: STROKES[sign] }),
  );
}
