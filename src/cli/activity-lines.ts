import type { Activity } from "../emulator/index.ts";
import { printableUrl, printableWord } from "./printable.ts";

const COLOURS = { red: 31, green: 32, yellow: 33, grey: 90 } as const;
type Colour = keyof typeof COLOURS;
export type Colorize = (colour: Colour, text: string) => string;

/** Colours are for people at a terminal who have not said no (see no-color.org). */
export function chooseColorize(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Colorize {
  return isTerminal && !env.NO_COLOR && env.TERM !== "dumb" ? withColour : withoutColour;
}

export const withColour: Colorize = (colour, text) => `\x1b[${COLOURS[colour]}m${text}\x1b[39m`;
export const withoutColour: Colorize = (_colour, text) => text;

/** One line about what happened, in local time, which nobody can forge a second line into. */
export function formatActivity(activity: Activity, time: Date, paint: Colorize): string {
  const [what, ...details] = wordsOf(activity, paint);
  return [paint("grey", clock(time)), what?.padEnd(12), ...details].filter(Boolean).join("  ");
}

function wordsOf(activity: Activity, paint: Colorize): (string | undefined)[] {
  switch (activity.kind) {
    case "clientConnected":
      return [
        "connected",
        ...clientOf(activity),
        activity.userId === null ? "anonymous" : `user=${printableWord(activity.userId)}`,
        printableWord(activity.subprotocol ?? "simple"),
      ];
    case "clientRecovered":
      return ["recovered", ...clientOf(activity)];
    case "clientRefused":
      return [
        "refused",
        printableUrl(activity.path),
        paint(activity.status < 500 ? "yellow" : "red", String(activity.status)),
        printableWord(activity.reason),
      ];
    case "clientDisconnected":
      return [
        "disconnected",
        ...clientOf(activity),
        activity.reason && `reason=${printableWord(activity.reason)}`,
      ];
    case "restCall":
      return [
        "rest",
        `${printableWord(activity.method)} ${printableUrl(activity.path)}`,
        status(activity.status, paint),
      ];
    case "validation":
      return [
        "validation",
        printableUrl(activity.url),
        status(activity.status, paint),
        `allows=${activity.allowedOrigins.map(printableWord).join(",") || "nobody"}`,
        activity.problem && printableWord(activity.problem),
      ];
    case "event":
      return [
        "event",
        ...clientOf(activity),
        printableWord(activity.event),
        printableUrl(activity.url),
        status(activity.status, paint),
        `${Math.round(activity.durationInMs)} ms`,
        activity.failure && printableWord(activity.failure),
      ];
    case "faults":
      return activity.faults.length === 0
        ? ["faults", paint("green", "none")]
        : ["faults", paint("red", activity.faults.map(printableWord).join(", "))];
  }
}

const clientOf = ({ hub, connectionId }: { hub: string; connectionId: string }): string[] => [
  printableWord(hub),
  printableWord(connectionId),
];

function status(code: number | undefined, paint: Colorize): string {
  if (code === undefined) return paint("red", "unanswered");
  return paint(code < 400 ? "green" : code < 500 ? "yellow" : "red", String(code));
}

function clock(time: Date): string {
  const pad = (value: number, length = 2) => String(value).padStart(length, "0");
  const [hours, minutes, seconds] = [time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${pad(hours)}:${pad(minutes)}:${pad(seconds)}.${pad(time.getMilliseconds(), 3)}`;
}
