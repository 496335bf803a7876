import type { Layout, Point } from "./layout.ts";

export interface Curve {
  readonly start: Point;
  readonly end: Point;
  /** For the `d` of a path. */
  readonly d: string;
}

/** Where lines meet an endpoint, from its top to the left or right. */
const OWN_ANGLE = 0.24;
const OTHERS_ANGLE = 0.66;

/** From an app server down to an endpoint; the links of other regions come in from their side. */
export function linkCurve(layout: Layout, server: number, endpoint: number): Curve {
  const from = layout.columns[server]?.server;
  const ring = layout.columns[endpoint]?.ring;
  if (!from || !ring) throw new Error("no such column");
  const side = Math.sign(endpoint - server);
  const reach = layout.isNarrow ? 24 : 46;
  const end = onRing(layout, ring, side === 0 ? -OWN_ANGLE : -side * OTHERS_ANGLE);
  const x = side === 0 ? end.x : from.x + from.width / 2 + side * reach;
  return curve({ x, y: from.y + from.height }, end);
}

/** From an endpoint up to the app server of its region. */
export function eventCurve(layout: Layout, column: number): Curve {
  const to = layout.columns[column]?.server;
  const ring = layout.columns[column]?.ring;
  if (!to || !ring) throw new Error("no such column");
  const start = onRing(layout, ring, OWN_ANGLE);
  return curve(start, { x: start.x, y: to.y + to.height + 5 });
}

function onRing({ ringRadius }: Layout, ring: Point, angleFromTop: number): Point {
  const distance = ringRadius + 5;
  return {
    x: ring.x + distance * Math.sin(angleFromTop),
    y: ring.y - distance * Math.cos(angleFromTop),
  };
}

function curve(start: Point, end: Point): Curve {
  const handle = (end.y - start.y) * 0.62;
  const d = [
    `M${coordinates(start)}`,
    `C${coordinates({ x: start.x, y: start.y + handle })}`,
    coordinates({ x: end.x, y: end.y - handle }),
    coordinates(end),
  ].join(" ");
  return { start, end, d };
}

function coordinates({ x, y }: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}
