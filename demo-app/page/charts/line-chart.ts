import uPlot from "uplot";
import { html, mark, setAttributes, setText } from "../kit/dom.ts";

export interface Line {
  readonly name: string;
  /** Number of the region, for colour and shape; null for what is of no region. */
  readonly region: number | null;
}

const SECONDS = 60;
const HEIGHT = 118;
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

/** One figure over the last minute, a line for each region. */
export class LineChart {
  readonly element: HTMLElement;
  readonly #subject: string;
  readonly #canvas = html("div", { class: "plot", role: "img" });
  readonly #legend = html("ul", { class: "keys" });
  #lines: readonly Line[] = [];
  #plot: uPlot | undefined;
  #values: HTMLElement[] = [];

  /** `title` is what there is room for, `subject` what it means. */
  constructor(title: string, subject: string) {
    this.#subject = subject;
    this.element = html(
      "article",
      { class: "chart" },
      html("h3", {}, title),
      this.#legend,
      this.#canvas,
    );
  }

  /** Begins anew with these lines, in the colours of now. */
  build(lines: readonly Line[]): void {
    this.#lines = lines;
    this.#values = lines.map(() => html("b", {}, "0"));
    this.#legend.replaceChildren(
      ...lines.map(({ name, region }, index) =>
        html("li", {}, ...(region === null ? [] : [mark(region)]), name, this.#values[index] ?? ""),
      ),
    );
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), [[], ...lines.map(() => [])], this.#canvas);
  }

  /** `rows`: values of each line, by time in seconds. */
  show(times: readonly number[], rows: readonly (readonly number[])[]): void {
    if (!this.#plot) return;
    this.#plot.setData([[...times], ...rows.map((row) => [...row])]);
    const latest = rows.map((row) => row.at(-1) ?? 0);
    for (const [index, value] of latest.entries()) {
      const place = this.#values[index];
      if (place) setText(place, Math.round(value).toLocaleString("en"));
    }
    const spoken = this.#lines.map(
      ({ name }, index) => `${name} ${Math.round(latest[index] ?? 0)}`,
    );
    setAttributes(this.#canvas, {
      "aria-label": `${this.#subject} over the last minute, now: ${spoken.join(", ")}`,
    });
  }

  resize(): void {
    const width = this.#canvas.clientWidth;
    if (width > 0) this.#plot?.setSize({ width, height: HEIGHT });
  }

  #options(): uPlot.Options {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour("--muted"),
      font: "11px system-ui, sans-serif",
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.#canvas.clientWidth || 260,
      height: HEIGHT,
      padding: [6, 14, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: true, range: (_plot, _least, most) => [most - SECONDS, most] },
        y: { range: (_plot, _least, most) => [0, Math.max(5, most * 1.15)] },
      },
      axes: [
        {
          ...axis,
          size: 22,
          grid: { show: false },
          splits: (_plot, _index, least, most) => [least, least + SECONDS / 2, most],
          values: () => ["1 min ago", "", "now"],
        },
        { ...axis, size: 40, space: 34, values: (_plot, splits) => splits.map(compact) },
      ],
      series: [
        {},
        ...this.#lines.map(({ region }) => ({
          stroke: colour(region === null ? "--bad" : `--region-${region % 4}`),
          width: 2,
          dash: DASHES[(region ?? 0) % 4] ?? [],
          points: { show: false },
        })),
      ],
    };
  }
}

/** `950`, `2.5k`, `10k`: there is little room beside an axis. */
function compact(value: number): string {
  return value < 1000 ? String(value) : `${value / 1000}k`;
}
