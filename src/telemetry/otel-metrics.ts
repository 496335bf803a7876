import type { Attributes, Meter, Observable } from "@opentelemetry/api";
import { GAUGES } from "./gauges.ts";
import { DURATION_BOUNDS_IN_SECONDS, type EventInstrument, type Labels } from "./instrument.ts";
import type { MetricsSource } from "./metrics-source.ts";
import { type Record, recordEvents } from "./record-events.ts";

/** Measures a plugin with a meter, until the function that it returns is called. */
export function measureWith(meter: Meter, source: MetricsSource): () => void {
  const attributesOf = (labels: Labels): Attributes => withDefined({ hub: source.hub }, labels);

  function recordOf({ kind, name, unit, description }: EventInstrument): Record {
    if (kind === "counter") {
      const counter = meter.createCounter(name, { unit, description });
      return ([value, labels]) => counter.add(value, attributesOf(labels));
    }
    const advice = { explicitBucketBoundaries: DURATION_BOUNDS_IN_SECONDS };
    const histogram = meter.createHistogram(name, { unit, description, advice });
    return ([value, labels]) => histogram.record(value, attributesOf(labels));
  }

  const endEvents = recordEvents(source, recordOf);
  const gauges = GAUGES.map(({ name, unit, description, read }) => {
    const observable: Observable = meter.createObservableGauge(name, { unit, description });
    return { observable, read };
  });
  const observables = gauges.map(({ observable }) => observable);
  const observe: Parameters<Meter["addBatchObservableCallback"]>[0] = (result) => {
    for (const { observable, read } of gauges) {
      for (const [value, labels] of read(source)) {
        result.observe(observable, value, attributesOf(labels));
      }
    }
  };
  meter.addBatchObservableCallback(observe, observables);
  return () => {
    endEvents();
    meter.removeBatchObservableCallback(observe, observables);
  };
}

/** An attribute that is there without a value would make a series of its own. */
function withDefined(attributes: Attributes, labels: Labels): Attributes {
  for (const name in labels) if (labels[name] !== undefined) attributes[name] = labels[name];
  return attributes;
}
