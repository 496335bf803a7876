import type { Box, Layout, Point } from "./layout.ts";

export interface Places {
  readonly points: readonly Point[];
  /** Of a dot. */
  readonly radius: number;
}

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
/** Links come in from above; that side stays free of clients, so far to the left and the right. */
const FREE_ANGLE = 0.95;
const LARGEST_DOT = 5.2;
const LARGEST_AREA = 78;
/** What an endpoint is called by takes this much room at its foot. */
const PILL = { halfWidth: 56, above: 16, below: 22 };

/** Where `capacity` clients go around an endpoint: evenly, from the inside to the outside. */
export function placesAround(ring: Point, layout: Layout, capacity: number): Places {
  const inner = layout.ringRadius + (layout.isNarrow ? 15 : 20);
  const usable = 1 - FREE_ANGLE / Math.PI;
  const room = ((layout.crowdRadius - LARGEST_DOT) ** 2 - inner ** 2) * usable;
  const area = Math.min(LARGEST_AREA, room / capacity);
  const points: Point[] = [];
  for (let step = 0; points.length < capacity; step++) {
    const angle = step * GOLDEN_ANGLE;
    const fromTop = Math.abs(((angle + 2.5 * Math.PI) % (2 * Math.PI)) - Math.PI);
    if (Math.PI - fromTop < FREE_ANGLE) continue;
    const distance = Math.sqrt(inner ** 2 + area * step);
    const x = distance * Math.cos(angle);
    const y = distance * Math.sin(angle);
    if (isOnPill(x, y - layout.ringRadius)) continue;
    points.push({ x: ring.x + x, y: ring.y + y });
  }
  return { points, radius: Math.min(LARGEST_DOT, 0.62 * Math.sqrt(area)) };
}

function isOnPill(x: number, y: number): boolean {
  return Math.abs(x) < PILL.halfWidth && y > -PILL.above && y < PILL.below;
}

/** Where `capacity` clients without a connection go: in rows, from the middle outwards. */
export function placesInDock(dock: Box, capacity: number): Places {
  const margin = 14;
  const width = dock.width - 2 * margin;
  const height = dock.height - 42;
  const step = Math.min(12, Math.sqrt((width * height) / capacity));
  const rows = Math.max(1, Math.floor(height / step));
  const points = Array.from({ length: capacity }, (_, index) => {
    const column = Math.floor(index / rows);
    const side = column % 2 === 0 ? 1 : -1;
    return {
      x: dock.x + dock.width / 2 + side * Math.ceil(column / 2) * step,
      y: dock.y + 34 + ((index % rows) + 0.5) * step,
    };
  });
  return { points, radius: Math.min(LARGEST_DOT, 0.4 * step) };
}
