import { DotCluster } from "../../../../demo-app/page/map/dot-cluster.ts";
import { positionsAround, positionsInDock } from "../../../../demo-app/page/map/dot-positions.ts";
import { layOut } from "../../../../demo-app/page/map/layout.ts";

const widths = [343, 620, 826, 1400];

describe("the positions of dots on the map", () => {
  it.each(widths)(
    "around an endpoint do not overlap, and stay within its region, on a map of %d pixels",
    (width) => {
      const layout = layOut(width, 2);
      const [column] = layout.columns;
      if (!column) throw new Error("no column");

      const { points, radius } = positionsAround(column, layout, 500);

      const { zone } = column;
      const outside = points.filter(
        ({ x, y }) =>
          x - radius < zone.x ||
          x + radius > zone.x + zone.width ||
          y + radius > zone.y + zone.height,
      );
      expect(points).toHaveLength(500);
      expect(outside).toEqual([]);
      expect(leastDistance(points)).toBeGreaterThan(1.5 * radius);
    },
  );

  it.each(widths)(
    "in the dock hold 500 clients without a connection, on a map of %d pixels",
    (width) => {
      const { dock } = layOut(width, 2);

      const { points } = positionsInDock(dock, 500);

      const outside = points.filter(
        ({ x, y }) =>
          x < dock.x || x > dock.x + dock.width || y < dock.y || y > dock.y + dock.height,
      );
      expect(outside).toEqual([]);
      expect(new Set(points.map(({ x, y }) => `${x} ${y}`)).size).toBe(500);
    },
  );

  it("that become free are taken by the last dot, so that only one dot moves", () => {
    const cluster = new DotCluster((capacity) => ({
      points: Array.from({ length: capacity }, (_, x) => ({ x, y: 0 })),
      radius: 1,
    }));
    for (const id of [11, 12, 13, 14]) cluster.add(id);
    cluster.settle();

    cluster.remove(12);
    cluster.settle();

    expect([11, 12, 13, 14].map((id) => cluster.pointOf(id)?.x)).toEqual([0, undefined, 2, 1]);
  });
});

function leastDistance(points: readonly { x: number; y: number }[]): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [index, one] of points.entries()) {
    for (const other of points.slice(index + 1)) {
      least = Math.min(least, Math.hypot(one.x - other.x, one.y - other.y));
    }
  }
  return least;
}
