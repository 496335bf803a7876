import type { Span, Tracer } from "@opentelemetry/api";
import type {
  SpanAttributes,
  SpanDescription,
  SpanPort,
  TracingPort,
} from "../context/tracing-port.ts";
import { ifFailed, whenThere } from "../kit/awaitable.ts";

// Numbers of `@opentelemetry/api`, which is not loaded for them.
const KINDS = { internal: 0, client: 2 } as const;
const STATUS_ERROR = 2;

/** Spans by a tracer, as soon as there is one. */
export class OtelTracing implements TracingPort {
  tracer: Tracer | undefined;

  get isOn(): boolean {
    return this.tracer !== undefined;
  }

  span<T>(
    { name, kind = "internal", attributes }: SpanDescription,
    task: (span: SpanPort) => T,
  ): T {
    const { tracer } = this;
    if (tracer === undefined) return task(NO_SPAN);
    const options = { kind: KINDS[kind], attributes };
    return tracer.startActiveSpan(name, options, (span) => {
      const fail = (error: unknown): never => {
        span.setStatus({ code: STATUS_ERROR });
        span.end();
        throw error;
      };
      const end = (result: unknown): unknown => {
        span.end();
        return result;
      };
      // What the task has waited for is a promise after that as well.
      return whenThere(
        ifFailed<unknown>(() => task(portOf(span)), fail),
        end,
      ) as T;
    });
  }
}

function portOf(span: Span): SpanPort {
  return {
    add: (attributes: SpanAttributes) => void span.setAttributes(attributes),
    fail: (type) => {
      span.setAttribute("error.type", type);
      span.setStatus({ code: STATUS_ERROR });
    },
  };
}

const NO_SPAN: SpanPort = { add: () => {}, fail: () => {} };
