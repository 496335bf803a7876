import type { PubSubEvents } from "../contract/events.ts";
import type { MetricsSource } from "./metrics-source.ts";

/** What a value is about. Of few values each: never a user, a group or a URL. */
export type Labels = Readonly<Record<string, string | undefined>>;

export type Measurement = readonly [value: number, labels: Labels];

/** What there is to be measured in an event. */
type Measures = {
  readonly [Name in keyof PubSubEvents]?: (event: PubSubEvents[Name]) => readonly Measurement[];
};

interface Described {
  /** By the rules of OpenTelemetry: lower case, dots, no unit. */
  readonly name: string;
  /** As in UCUM; what is counted stands in braces. */
  readonly unit: string;
  readonly description: string;
  /** Names of the labels, besides `hub`, which all have. */
  readonly labels: readonly string[];
}

/** Made of events: how often, or how long. */
export interface EventInstrument extends Described {
  readonly kind: "counter" | "histogram";
  readonly from: Measures;
}

/** Looked at when somebody asks. */
export interface Gauge extends Described {
  readonly kind: "gauge";
  readonly read: (source: MetricsSource) => readonly Measurement[];
}

export type Instrument = EventInstrument | Gauge;

/** Upper bounds of durations, in seconds: a negotiate takes one millisecond, a deadline some seconds. */
export const DURATION_BOUNDS_IN_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
