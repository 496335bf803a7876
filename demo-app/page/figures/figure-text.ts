import type { CrowdFigures, FiguresView, MoveFigures } from "../../contract/live.ts";
import { clockTime, countText, durationText } from "../kit/text-format.ts";
import type { Crowd } from "../live/live-state.ts";

export interface BigFigure {
  readonly value: string;
  readonly note: string;
}

const NONE = "–";

/** What everything counts from. */
export function sinceText({ since }: FiguresView): string {
  return since ? `Since ${clockTime(since.at)}: ${since.text}` : "Nothing has been broken yet.";
}

/** How long the clients of this kind were away when they left their primary. */
export function failoverFigure(figures: FiguresView, crowd: Crowd): BigFigure {
  const parts = partsOf(figures, crowd);
  const without = sum(parts, ({ without }) => without);
  const deaf = sum(parts, ({ deaf }) => deaf);
  const moves = together(parts.map(({ failover }) => failover));
  // Who is deaf has a connection, and is none the better for it.
  const rest = [
    ...(without > 0 ? [`${without} still away`] : []),
    ...(deaf > 0 ? [`${deaf} deaf`] : []),
  ];
  if (moves)
    return { value: durationText(moves.p99InMs), note: [movedText(moves), ...rest].join(", ") };
  if (rest.length > 0 && figures.since) return { value: "…", note: rest.join(", ") };
  return { value: NONE, note: "nobody has moved" };
}

/** How long they were away when they returned. */
export function failbackFigure(figures: FiguresView, crowd: Crowd): BigFigure {
  const moves = together(partsOf(figures, crowd).map(({ failback }) => failback));
  return moves
    ? { value: durationText(moves.p99InMs), note: movedText(moves) }
    : { value: NONE, note: "nobody has returned" };
}

export interface FigureRow {
  readonly label: string;
  readonly meaning: string;
  readonly cells: readonly FigureCell[];
}

export interface FigureCell {
  readonly text: string;
  readonly tone?: "good" | "bad" | undefined;
}

/** With history, without it, and Microsoft's client when there are any. */
export function figureRows({ crowds, since }: FiguresView): FigureRow[] {
  const columns = [crowds.withHistory, crowds.withoutHistory, crowds.microsoft].filter(
    (crowd) => crowd !== null,
  );
  const count = (pick: (crowd: CrowdFigures) => number, tone: "good" | "bad"): FigureCell[] =>
    // Before anything was done, there is nothing to count from.
    columns.map((crowd) =>
      since === null
        ? { text: NONE }
        : {
            text: pick(crowd).toLocaleString("en"),
            tone: pick(crowd) > 0 ? tone : undefined,
          },
    );
  return [
    {
      label: "Away for",
      meaning: "How long 99 of 100 clients had no connection when they moved to another endpoint.",
      cells: columns.map(awayCell),
    },
    {
      label: "Missed",
      meaning:
        "Messages that clients have not heard, though later ones were. Each counts once for each client.",
      cells: since === null ? count(() => 0, "bad") : columns.map(missedCell),
    },
    {
      label: "Replayed",
      meaning: "Sent while a client was away, and read from the history when it was back.",
      cells: count(({ replayed }) => replayed, "good"),
    },
    {
      label: "Doubled",
      meaning: "Heard more than once.",
      cells: count(({ doubled }) => doubled, "bad"),
    },
    {
      label: "Deaf now",
      meaning:
        "Clients with a connection that do not hear what others hear. Their next review, within 20 s, moves them.",
      cells: count(({ deaf }) => deaf, "bad"),
    },
  ];
}

/** Who is still away has not found out what is missing. */
function missedCell({ missed, without }: CrowdFigures): FigureCell {
  const text = `${missed.toLocaleString("en")}${without > 0 ? " so far" : ""}`;
  return { text, tone: missed > 0 ? "bad" : undefined };
}

function awayCell({ failover, without }: CrowdFigures): FigureCell {
  if (failover) return { text: durationText(failover.p99InMs) };
  return without > 0 ? { text: "still away", tone: "bad" } : { text: NONE };
}

function partsOf({ crowds }: FiguresView, crowd: Crowd): CrowdFigures[] {
  if (crowd === "ours") return [crowds.withHistory, crowds.withoutHistory];
  return crowds.microsoft ? [crowds.microsoft] : [];
}

/** The worse of both: what holds for each of them holds for all. */
function together(parts: readonly (MoveFigures | null)[]): MoveFigures | null {
  const known = parts.filter((part) => part !== null);
  if (known.length === 0) return null;
  return {
    moves: sum(known, ({ moves }) => moves),
    p50InMs: Math.max(...known.map(({ p50InMs }) => p50InMs)),
    p99InMs: Math.max(...known.map(({ p99InMs }) => p99InMs)),
  };
}

function movedText({ moves }: MoveFigures): string {
  return moves === 1 ? "1 client" : `p99 of ${countText(moves, "client")}`;
}

function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
