import {
  failbackFigure,
  failoverFigure,
  figureRows,
  sinceText,
} from "../../../../demo-app/page/figures/figure-text.ts";
import { figuresWith } from "../../../support/figure-views.ts";

const since = { at: 0, text: "eastus crashes" };
const move = (moves: number, p99InMs: number) => ({ moves, p50InMs: 1, p99InMs });
const nothing = figuresWith();
const underWay = figuresWith({
  since,
  withHistory: { without: 10 },
  withoutHistory: { without: 5 },
});
const moved = figuresWith({
  since,
  withHistory: { failover: move(15, 640), failback: move(1, 50), replayed: 1207 },
  withoutHistory: { failover: move(14, 610), without: 1, missed: 12 },
  microsoft: { without: 10, deaf: 0, missed: 480 },
});

describe("the figure beside the map", () => {
  it("says before anything was done that there is nothing to measure", () => {
    expect(sinceText(nothing)).toBe("Nothing has been broken yet.");
    expect(failoverFigure(nothing, "ours")).toEqual({ value: "–", note: "nobody has moved" });
    expect(failbackFigure(nothing, "ours")).toEqual({ value: "–", note: "nobody has returned" });
    const cells = figureRows(nothing).flatMap((row) => row.cells.map(({ text }) => text));
    expect(new Set(cells)).toEqual(new Set(["–"]));
  });

  it("says during a failover who is on the way, not how long an earlier one took", () => {
    expect(failoverFigure(underWay, "ours")).toEqual({ value: "…", note: "15 still away" });
  });

  it("names who is deaf, however quickly the others moved", () => {
    const gray = { since, withHistory: { failover: move(1, 12), deaf: 14 } };

    expect(failoverFigure(figuresWith(gray), "ours")).toEqual({
      value: "12 ms",
      note: "1 client, 14 deaf",
    });
  });

  it("tells failover and failback apart, and who is still away", () => {
    expect(sinceText(moved)).toMatch(/^Since \d\d:\d\d:\d\d: eastus crashes$/);
    expect(failoverFigure(moved, "ours")).toEqual({
      value: "640 ms",
      note: "p99 of 29 clients, 1 still away",
    });
    expect(failbackFigure(moved, "ours")).toEqual({ value: "50 ms", note: "1 client" });
    expect(failoverFigure(moved, "microsoft").note).toBe("10 still away");
  });

  it("sets clients with history, without it, and Microsoft's side by side", () => {
    const rows = figureRows(moved).map(({ label, cells }) => [
      label,
      ...cells.map(({ text, tone }) => (tone ? `${text} ${tone}` : text)),
    ]);

    expect(rows).toEqual([
      ["Away for", "640 ms", "610 ms", "still away bad"],
      ["Missed", "0", "12 so far bad", "480 so far bad"],
      ["Replayed", "1,207 good", "0", "0"],
      ["Doubled", "0", "0", "0"],
      ["Deaf now", "0", "0", "0"],
    ]);
  });
});
