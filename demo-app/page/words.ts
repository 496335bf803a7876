import type { FaultName } from "../shared/live.ts";

export interface FaultWords {
  /** On its button. */
  readonly order: string;
  /** On the map. */
  readonly state: string;
  /** What the endpoint then does. */
  readonly effect: string;
}

export const FAULT_WORDS: Readonly<Record<FaultName, FaultWords>> = {
  crash: {
    order: "Crash",
    state: "crashed",
    effect: "Sockets are cut; new ones are refused.",
  },
  blackhole: {
    order: "Blackhole",
    state: "black hole",
    effect: "It accepts connections, and is silent.",
  },
  slow: { order: "Slow", state: "slow", effect: "Each answer takes seconds." },
  throttle: {
    order: "Throttle",
    state: "throttled",
    effect: "Calls are answered 429.",
  },
  "access-denied": {
    order: "Deny access",
    state: "access denied",
    effect: "As with public network access disabled.",
  },
  gray: {
    order: "Gray",
    state: "gray failure",
    effect: "Health says 200, but every send fails.",
  },
  "key-rotated": {
    order: "Rotate key",
    state: "key rotated",
    effect: "The app servers' key is not good any more.",
  },
};

/** `1 client`, `120 clients`. */
export function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** `340 ms`, `1.4 s`, `12 s`, `3 min`. */
export function duration(inMs: number): string {
  if (inMs < 999.5) return `${Math.max(0, Math.round(inMs))} ms`;
  if (inMs < 9_950) return `${(inMs / 1000).toFixed(1)} s`;
  if (inMs < 59_500) return `${Math.round(inMs / 1000)} s`;
  return `${Math.round(inMs / 60_000)} min`;
}

/** `14:03:27` */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Why an endpoint is down, for people: `status(503)` becomes `status 503`. */
export function plainReason(reason: string): string {
  return reason.replace(/^status\((\d+)\)$/, "status $1").replaceAll("-", " ");
}
