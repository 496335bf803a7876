import { type HerdPlan, survivorsOf } from "./plan.ts";
import type { Recording } from "./recording.ts";
import { limitOf } from "./story.ts";

const WIDTH = 720;
const PANEL = { left: 84, right: 20, top: 34, height: 130, gap: 58 };
const INNER_WIDTH = WIDTH - PANEL.left - PANEL.right;

interface Panel {
  readonly title: string;
  readonly values: readonly number[];
  /** What it must not go over. */
  readonly limit?: number;
}

/** What came of a run over time: who asked, who was let in, and who waited. As SVG, for light and dark pages. */
export function plotOf(plan: HerdPlan, recording: Recording): string {
  const { clients, servers, rate, units } = plan;
  const seconds = recording.accepts.length + 1;
  const requests = padded(recording.requests.counts, seconds);
  const accepts = padded(recording.accepts.counts, seconds);
  const panels: Panel[] = [
    { title: "Negotiates in each second", values: requests },
    { title: "Clients let in, in each second", values: accepts, limit: limitOf(plan) },
    { title: "Clients that wait", values: waitingOf(clients, accepts) },
  ];
  const living = survivorsOf(plan);
  const title = `${numbered(clients)} clients, ${living} of ${servers} app servers, ${units} units of ${rate} a second`;
  const height = PANEL.top + panels.length * (PANEL.height + PANEL.gap);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">`,
    STYLE,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    `<text class="title" x="${PANEL.left}" y="18">${title}</text>`,
    ...panels.map((panel, index) =>
      panelOf(panel, PANEL.top + index * (PANEL.height + PANEL.gap), seconds),
    ),
    "</svg>",
    "",
  ].join("\n");
}

const STYLE = `<style>
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; }
.page { fill: #ffffff; }
.grid { stroke: #d0d7de; }
.limit { stroke: #cf222e; stroke-dasharray: 5 4; }
.line { fill: none; stroke: #0969da; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.page { fill: #0d1117; }
.grid { stroke: #30363d; }
.limit { stroke: #ff7b72; }
.line { stroke: #58a6ff; }
}
</style>`;

function panelOf({ title, values, limit }: Panel, top: number, seconds: number): string {
  const most = rounded(Math.max(limit ?? 0, ...values));
  const bottom = top + 22 + PANEL.height;
  const x = (second: number): number => PANEL.left + (second / seconds) * INNER_WIDTH;
  const y = (value: number): number => bottom - (value / most) * PANEL.height;
  const row = (value: number): string =>
    `<path class="grid" d="M${PANEL.left} ${y(value)}H${WIDTH - PANEL.right}"/><text x="${PANEL.left - 8}" y="${y(value) + 4}" text-anchor="end">${numbered(value)}</text>`;
  const step = rounded(seconds) / 10;
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
  const line = values.map((value, second) => `${x(second).toFixed(1)} ${y(value).toFixed(1)}`);
  return [
    `<text x="${PANEL.left}" y="${top + 12}">${title}${limit === undefined ? "" : ` (dashed: the limit, ${numbered(limit)})`}</text>`,
    ...[0, most / 2, most].map(row),
    ...ticks.map(
      (tick) => `<text x="${x(tick)}" y="${bottom + 15}" text-anchor="middle">${tick}</text>`,
    ),
    `<text x="${WIDTH - PANEL.right}" y="${bottom + 29}" text-anchor="end">seconds since the region died</text>`,
    ...(limit === undefined
      ? []
      : [`<path class="limit" d="M${PANEL.left} ${y(limit)}H${WIDTH - PANEL.right}"/>`]),
    `<path class="line" d="M${line.join("L")}"/>`,
  ].join("\n");
}

function padded(counts: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, second) => counts[second] ?? 0);
}

function waitingOf(clients: number, accepts: readonly number[]): number[] {
  let waiting = clients;
  return accepts.map((count) => {
    waiting -= count;
    return waiting;
  });
}

/** The next number above that reads well on an axis. */
function rounded(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * ([1, 2, 5, 10].find((factor) => factor * unit >= value) ?? 10);
}

const numbered = (value: number): string => value.toLocaleString("en-US");
