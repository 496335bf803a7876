import type { EndpointView, FaultName } from "../../contract/live.ts";

export interface FaultWords {
  /** On its button. */
  readonly order: string;
  /** Before that. */
  readonly glyph: string;
  /** On the map. */
  readonly state: string;
  /** After its name. */
  readonly fact: string;
  /** What the endpoint then does. */
  readonly effect: string;
}

export const FAULT_WORDS: Readonly<Record<FaultName, FaultWords>> = {
  crash: {
    order: "Crash",
    glyph: "✕",
    state: "crashed",
    fact: "has crashed",
    effect: "Its connections are cut, and new ones are refused.",
  },
  blackhole: {
    order: "Blackhole",
    glyph: "●",
    state: "black hole",
    fact: "is a black hole",
    effect: "It accepts connections, and never answers.",
  },
  slow: {
    order: "Slow",
    glyph: "…",
    state: "slow",
    fact: "is slow",
    effect: "Each answer takes 3 s longer.",
  },
  throttle: {
    order: "Throttle",
    glyph: "‖",
    state: "throttled",
    fact: "is throttled",
    effect: "Calls and new clients are answered 429: too many.",
  },
  "access-denied": {
    order: "Deny access",
    glyph: "⊘",
    state: "access denied",
    fact: "denies access",
    effect: "All is answered 403, as with its network access disabled.",
  },
  gray: {
    order: "Gray",
    glyph: "◐",
    state: "gray failure",
    fact: "fails every send",
    effect: "Its health check is fine, but every send fails. Connections stay, deaf.",
  },
  "key-rotated": {
    order: "Rotate key",
    glyph: "≠",
    state: "key rotated",
    fact: "has another key",
    effect: "It refuses what the app servers sign with the old key.",
  },
};

/** `1 client`, `120 clients`. */
export function countText(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** `340 ms`, `1.4 s`, `12 s`, `3 min`. */
export function durationText(inMs: number): string {
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

export function are(number: number): string {
  return number === 1 ? "is" : "are";
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `eastus has crashed` */
export function faultOf({ name, fault }: EndpointView): string {
  return `${name} ${fault ? FAULT_WORDS[fault].fact : "is fine"}`;
}
