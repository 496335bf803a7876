// Registers an OpenTelemetry SDK in this process: spans and metrics are made, and exported to nobody.
import { context, metrics, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

class Reader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const exporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: async () => {},
};

/** Registers an SDK of metrics. */
export function registerMetrics() {
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [new Reader()] }));
}

/**
 * Makes spans.
 *
 * @param {{ forAll: boolean }} whose Whether everything in this process makes them, or only who has the tracer.
 */
export function makeTracer({ forAll }) {
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  if (forAll) trace.setGlobalTracerProvider(provider);
  return provider.getTracer("bench");
}
