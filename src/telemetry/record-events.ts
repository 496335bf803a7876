import type { AnyPubSubListener, PubSubEvents } from "../contract/events.ts";
import { EVENT_INSTRUMENTS } from "./event-instruments.ts";
import type { EventInstrument, Measurement } from "./instrument.ts";
import type { MetricsSource } from "./metrics-source.ts";

/** Keeps a measurement: of a counter what it has grown by, of a histogram a value. */
export type Record = (measurement: Measurement) => void;

type Measure = (event: never) => readonly Measurement[];

/**
 * Measures what happens in a plugin, until the function that it returns is called.
 *
 * @param recordOf Gives the place where the measurements of an instrument are kept.
 */
export function recordEvents(
  { events }: MetricsSource,
  recordOf: (instrument: EventInstrument) => Record,
): () => void {
  const measures = new Map<string, { measure: Measure; record: Record }[]>();
  for (const instrument of EVENT_INSTRUMENTS) {
    const record = recordOf(instrument);
    for (const [name, measure] of Object.entries(instrument.from)) {
      const others = measures.get(name) ?? [];
      measures.set(name, [...others, { measure: measure as Measure, record }]);
    }
  }
  const listener: AnyPubSubListener = (name: keyof PubSubEvents, event: unknown): void => {
    for (const { measure, record } of measures.get(name) ?? []) {
      for (const measurement of measure(event as never)) record(measurement);
    }
  };
  events.onAny(listener, { includeFrequent: true });
  return () => void events.offAny(listener);
}
