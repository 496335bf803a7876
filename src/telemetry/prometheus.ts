import {
  Counter,
  register as globalRegister,
  Histogram,
  Gauge as PrometheusGauge,
} from "prom-client";
import type { ResilientPubSub } from "../contract/resilient-pubsub.ts";
import { InvalidArgumentError } from "../kit/errors.ts";
import { EVENT_INSTRUMENTS } from "./event-instruments.ts";
import { GAUGES } from "./gauges.ts";
import {
  DURATION_BOUNDS_IN_SECONDS,
  type EventInstrument,
  type Gauge,
  type Instrument,
  type Labels,
} from "./instrument.ts";
import { METRICS_SOURCE, type MetricsSource } from "./metrics-source.ts";
import { prometheusLabel, prometheusName } from "./prometheus-name.ts";
import { recordEvents } from "./record-events.ts";

/** What is collected, and where to. */
export interface PrometheusCollectorOptions {
  /** The plugin whose metrics are collected; those of an app with several hubs together. */
  readonly pubsub: ResilientPubSub | readonly ResilientPubSub[];
  /**
   * The `Registry` of `prom-client` that is scraped.
   * @default the global one of `prom-client`, `register`
   */
  readonly register?: PrometheusRegistry | undefined;
}

/** A `Registry` of `prom-client`, as far as it is used here. */
export interface PrometheusRegistry {
  /** Adds a metric. */
  registerMetric(metric: never): void;
  /** Removes one. */
  removeSingleMetric(name: string): void;
}

/** The metrics of one or several plugins in a registry. */
export interface PrometheusCollector {
  /**
   * Takes the metrics out of the registry, and hears of nothing more. Not needed where the process
   * ends with the plugin.
   */
  close(): void;
}

/**
 * Collects the metrics of the plugin for Prometheus, by `prom-client`, which the app has to have. A
 * registry takes them once, so give it all plugins of the app together. The metrics are in
 * `docs/monitoring`; where an OpenTelemetry SDK is registered they go there without this.
 *
 * @throws InvalidArgumentError for what is no plugin of this package
 * @throws Error of `prom-client` for a registry that has them already
 *
 * @example
 * ```ts
 * import { register } from "prom-client";
 * import { prometheusCollector } from "express-resilient-pubsub/prometheus";
 *
 * prometheusCollector({ pubsub });
 * app.get("/metrics", async (_req, res) => {
 *   res.type(register.contentType).send(await register.metrics());
 * });
 * ```
 */
export function prometheusCollector({
  pubsub,
  register = globalRegister,
}: PrometheusCollectorOptions): PrometheusCollector {
  const sources = sourcesOf(pubsub);
  const registers = [register as typeof globalRegister];
  const recorders = new Map(
    EVENT_INSTRUMENTS.map((instrument) => [instrument, recorderOf(instrument, registers)]),
  );
  for (const gauge of GAUGES) collectGauge(gauge, sources, registers);
  const ends = sources.map((source) =>
    recordEvents(source, (instrument) => {
      const record = recorders.get(instrument) as Recorder;
      return ([value, labels]) => record(labelsOf(source, labels), value);
    }),
  );
  return {
    close() {
      for (const end of ends) end();
      for (const instrument of [...GAUGES, ...EVENT_INSTRUMENTS]) {
        register.removeSingleMetric(prometheusName(instrument));
      }
    },
  };
}

type PrometheusLabels = Record<string, string>;

type Recorder = (labels: PrometheusLabels, value: number) => void;

function sourcesOf(pubsub: PrometheusCollectorOptions["pubsub"]): MetricsSource[] {
  const plugins = [pubsub].flat() as ({ [METRICS_SOURCE]?: MetricsSource } | null | undefined)[];
  const sources = plugins.flatMap((plugin) => plugin?.[METRICS_SOURCE] ?? []);
  if (sources.length > 0 && sources.length === plugins.length) return sources;
  throw new InvalidArgumentError(
    "pubsub must be what resilientPubSub(...) of this version has returned, or a list of such",
  );
}

function recorderOf(instrument: EventInstrument, registers: (typeof globalRegister)[]): Recorder {
  const described = { ...descriptionOf(instrument), registers };
  if (instrument.kind === "counter") {
    const counter = new Counter(described);
    return (labels, value) => counter.inc(labels, value);
  }
  const histogram = new Histogram({ ...described, buckets: DURATION_BOUNDS_IN_SECONDS });
  return (labels, value) => histogram.observe(labels, value);
}

function collectGauge(
  gauge: Gauge,
  sources: readonly MetricsSource[],
  registers: (typeof globalRegister)[],
): void {
  new PrometheusGauge({
    ...descriptionOf(gauge),
    registers,
    collect() {
      // An endpoint that was removed has none any more.
      this.reset();
      for (const source of sources) {
        for (const [value, labels] of gauge.read(source)) {
          this.set(labelsOf(source, labels), value);
        }
      }
    },
  });
}

function descriptionOf(instrument: Instrument) {
  return {
    name: prometheusName(instrument),
    help: instrument.description,
    labelNames: ["hub", ...instrument.labels.map(prometheusLabel)],
  };
}

/** A label that is there without a value would not be the same as none. */
function labelsOf({ hub }: MetricsSource, labels: Labels): PrometheusLabels {
  const given: PrometheusLabels = { hub };
  for (const name in labels) {
    const value = labels[name];
    if (value !== undefined) given[prometheusLabel(name)] = value;
  }
  return given;
}
