import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  type DataPoint,
  type Histogram,
  MeterProvider,
  MetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** Collects when a test asks for it. */
class AskedReader extends MetricReader {
  protected async onForceFlush(): Promise<void> {}
  protected async onShutdown(): Promise<void> {}
}

export interface Sdk {
  /** Spans that have ended. */
  spans(): ReadableSpan[];
  /** All series by name and attributes, such as `resilient_pubsub.reviews{endpoint=eastus,...}`. */
  series(): Promise<Map<string, number>>;
  /** Descriptors of the instruments that have series. */
  instruments(): Promise<
    { name: string; unit: string; description: string; labels: Set<string> }[]
  >;
}

/** Registers an OpenTelemetry SDK, as an application does; it is gone after the test. */
export function registerSdk(): Sdk {
  const exporter = new InMemorySpanExporter();
  const reader = new AskedReader();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  const collected = async () => {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  };
  return {
    spans: () => exporter.getFinishedSpans(),
    async series() {
      const all = (await collected()).flatMap(({ descriptor, dataPoints }) =>
        (dataPoints as DataPoint<number | Histogram>[]).map(({ attributes, value }) => {
          const labels = Object.entries(attributes)
            .filter(([name]) => name !== "hub")
            .map(([name, label]) => `${name}=${label}`)
            .sort();
          const count = typeof value === "number" ? value : value.count;
          return [`${descriptor.name}{${labels.join(",")}}`, count] as const;
        }),
      );
      return new Map(all);
    },
    async instruments() {
      return (await collected()).map(({ descriptor: { name, unit, description }, dataPoints }) => ({
        name,
        unit,
        description,
        labels: new Set(dataPoints.flatMap(({ attributes }) => Object.keys(attributes))),
      }));
    },
  };
}

export function unregisterSdk(): void {
  context.disable();
  trace.disable();
  metrics.disable();
}
