import type { Box, Column, Layout, Point } from "./layout.ts";

export interface DotPositions {
  readonly points: readonly Point[];
  /** Of a dot. */
  readonly radius: number;
}

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
/** Links come in from above; that side stays free of clients, so far to the left and the right. */
const FREE_ANGLE = 0.95;
const maxDotRadius = 5.2;
const TAB_MARKER_ROOM = 27;
const WIDEST_STEP = 12;
const DOCK_TITLE_HEIGHT = 32;
const DOCK_MARGIN = 10;
/** This tab is beside the others. */
const DOCK_TAB_ROOM = 44;
const maxAreaRadius = 78;
/** What an endpoint is called by takes this much room at its foot. */
const PILL = { halfWidth: 56, above: 16, below: 22 };

/** Where `capacity` clients go around an endpoint: evenly, from the inside to the outside. */
export function positionsAround(column: Column, layout: Layout, capacity: number): DotPositions {
  const limit = layout.clientsRadius - maxDotRadius;
  let area = maxAreaRadius;
  let points = spiral(column, layout, capacity, area);
  while (points.some((point) => distanceOf(point, column.ring) > limit) && area > 1) {
    area *= 0.95;
    points = spiral(column, layout, capacity, area);
  }
  return { points, radius: Math.min(maxDotRadius, 0.62 * Math.sqrt(area)) };
}

/** Each point takes so much area. */
function spiral(
  { ring, tabMarker }: Column,
  layout: Layout,
  capacity: number,
  area: number,
): Point[] {
  const inner = layout.ringRadius + (layout.isNarrow ? 10 : 20);
  const points: Point[] = [];
  for (let step = 0; points.length < capacity; step++) {
    const angle = step * GOLDEN_ANGLE;
    const distance = Math.sqrt(inner ** 2 + area * step);
    const point = {
      x: ring.x + distance * Math.sin(angle),
      y: ring.y - distance * Math.cos(angle),
    };
    const turn = angle % (2 * Math.PI);
    const isAbove = Math.min(turn, 2 * Math.PI - turn) < FREE_ANGLE;
    if (
      !isAbove &&
      !isOnPill(point, ring, layout) &&
      distanceOf(point, tabMarker) > TAB_MARKER_ROOM
    ) {
      points.push(point);
    }
  }
  return points;
}

function distanceOf(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function isOnPill({ x, y }: Point, ring: Point, { ringRadius, isNarrow }: Layout): boolean {
  const halfWidth = PILL.halfWidth - (isNarrow ? 10 : 0);
  const below = y - ring.y - ringRadius;
  return Math.abs(x - ring.x) < halfWidth && below > -PILL.above && below < PILL.below;
}

/** Where `capacity` clients without a connection go: in rows, from the middle outwards. */
export function positionsInDock(dock: Box, capacity: number): DotPositions {
  const width = dock.width - DOCK_TAB_ROOM - 2 * DOCK_MARGIN;
  const height = dock.height - DOCK_TITLE_HEIGHT - 8;
  let rows = Math.floor(height / WIDEST_STEP);
  while (Math.ceil(capacity / rows) * (height / rows) > width) rows += 1;
  const step = height / rows;
  const points = Array.from({ length: capacity }, (_, index) => {
    const column = Math.floor(index / rows);
    const side = column % 2 === 0 ? 1 : -1;
    return {
      x: dock.x + (dock.width + DOCK_TAB_ROOM) / 2 + side * Math.ceil(column / 2) * step,
      y: dock.y + DOCK_TITLE_HEIGHT + ((index % rows) + 0.5) * step,
    };
  });
  return { points, radius: Math.min(maxDotRadius, 0.4 * step) };
}
