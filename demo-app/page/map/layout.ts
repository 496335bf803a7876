export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Column {
  readonly zone: Box;
  /** Where an app server goes. */
  readonly server: Box;
  /** Centre of an endpoint. */
  readonly ring: Point;
  /** Where this tab is when it is connected to it. */
  readonly tabMarker: Point;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly isNarrow: boolean;
  readonly ringRadius: number;
  /** How far from its centre an endpoint's clients may be. */
  readonly clientsRadius: number;
  readonly columns: readonly Column[];
  /** Where those gather who have no connection; it is there only while there are any. */
  readonly dock: Box;
}

const TITLE_HEIGHT = 46;
const SERVER_HEIGHT = 68;
const DOCK_HEIGHT = 84;
/** From the bottom of the regions, whose clients leave this corner free. */
const DOCK_BOTTOM = 10;
const DOCK_WIDTH = { narrow: 176, wide: 250 };
/** From the top of an endpoint. */
const TAB_MARKER_ANGLE = 0.98;

/** Places everything on a map of so many columns, in pixels. */
export function layOut(width: number, columnCount: number): Layout {
  const isNarrow = width / columnCount < 300;
  const gap = isNarrow ? 8 : 20;
  const columnWidth = (width - gap * (columnCount - 1)) / columnCount;
  const ringRadius = isNarrow ? 32 : 50;
  const clientsRadius = Math.min(columnWidth / 2 - 6, 150);
  const ringY = TITLE_HEIGHT + SERVER_HEIGHT + (isNarrow ? 84 : 96) + ringRadius;
  const zoneHeight = ringY + clientsRadius + 14;
  const dockWidth = isNarrow ? DOCK_WIDTH.narrow : DOCK_WIDTH.wide;

  const columns = Array.from({ length: columnCount }, (_, index) => {
    const x = index * (columnWidth + gap);
    const inset = isNarrow ? 8 : Math.max(16, (columnWidth - 250) / 2);
    return {
      zone: { x, y: 0, width: columnWidth, height: zoneHeight },
      server: {
        x: x + inset,
        y: TITLE_HEIGHT,
        width: columnWidth - 2 * inset,
        height: SERVER_HEIGHT,
      },
      ring: { x: x + columnWidth / 2, y: ringY },
      tabMarker: tabMarkerBeside(
        { x: x + columnWidth / 2, y: ringY },
        ringRadius,
        index === 0 ? -1 : 1,
      ),
    };
  });
  return {
    width,
    height: zoneHeight,
    isNarrow,
    ringRadius,
    clientsRadius,
    columns,
    dock: {
      x: (width - dockWidth) / 2,
      y: zoneHeight - DOCK_HEIGHT - DOCK_BOTTOM,
      width: dockWidth,
      height: DOCK_HEIGHT,
    },
  };
}

/** Above, and on the side where no other region's link comes in. */
function tabMarkerBeside(ring: Point, ringRadius: number, side: -1 | 1): Point {
  const distance = ringRadius + 27;
  return {
    x: ring.x + side * distance * Math.sin(TAB_MARKER_ANGLE),
    y: ring.y - distance * Math.cos(TAB_MARKER_ANGLE),
  };
}
