import type {
  MeterProvider,
  ProxyTracerProvider,
  Tracer,
  TracerProvider,
} from "@opentelemetry/api";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { MetricsSource } from "./metrics-source.ts";
import { measureWith } from "./otel-metrics.ts";
import type { OtelTracing } from "./otel-tracing.ts";

type Api = typeof import("@opentelemetry/api");

/** How often it is looked whether an SDK has come or gone. */
const LOOK_INTERVAL_IN_MS = 1000;
const SCOPE = "express-resilient-pubsub";

/** Where every version of `@opentelemetry/api` puts what an application registers. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/**
 * Telemetry by the OpenTelemetry SDK that the application has registered, before or after the plugin
 * was made. Without one, `@opentelemetry/api` is not even loaded: its import takes a tenth of the time
 * that this package takes with all it needs.
 */
export class Otel {
  readonly #source: MetricsSource;
  readonly #tracing: OtelTracing;
  readonly #events: InternalEvents;
  readonly #timer: NodeJS.Timeout;
  #isLoading = false;
  #api: Api | undefined;
  #provider: MeterProvider | undefined;
  #endMetrics = (): void => {};
  #isClosed = false;

  constructor(source: MetricsSource, tracing: OtelTracing, events: InternalEvents) {
    this.#source = source;
    this.#tracing = tracing;
    this.#events = events;
    this.#timer = setInterval(() => this.#look(), LOOK_INTERVAL_IN_MS).unref();
    this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#endMetrics();
    this.#tracing.tracer = undefined;
  }

  #look(): void {
    if (this.#isClosed || !(REGISTERED in globalThis)) return;
    if (this.#api) this.#follow(this.#api);
    else if (!this.#isLoading) void this.#load();
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    try {
      this.#api = await import("@opentelemetry/api");
    } catch (error) {
      this.#events.emit("handlerError", { handler: "import of @opentelemetry/api", error });
      return;
    }
    this.#look();
  }

  #follow({ createNoopMeter, metrics, trace }: Api): void {
    this.#tracing.tracer = tracerOf(trace.getTracerProvider());
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    this.#endMetrics();
    const meter = provider.getMeter(SCOPE);
    this.#endMetrics = meter === createNoopMeter() ? () => {} : measureWith(meter, this.#source);
  }
}

/** Undefined where none has been registered: its stand-in would make spans that nobody records. */
function tracerOf(provider: TracerProvider): Tracer | undefined {
  const { getDelegateTracer } = provider as Partial<ProxyTracerProvider>;
  return getDelegateTracer ? getDelegateTracer.call(provider, SCOPE) : provider.getTracer(SCOPE);
}
