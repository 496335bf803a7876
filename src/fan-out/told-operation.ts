import type { PluginContext } from "../context/plugin-context.ts";
import { inSpan, type SpanPort } from "../context/tracing-port.ts";
import type { Operation } from "./operations.ts";
import type { Round } from "./round.ts";

/** Makes an operation, and tells what it came to; without a detour while nobody wants to know. */
export function toldOf<T>(
  { configuration, events, tracing }: PluginContext,
  { name, alias = name }: Operation,
  make: () => Promise<Round<T>>,
): Promise<Round<T>> {
  if (!events.wants("operation") && !tracing?.isOn) return make();
  const description = () => ({
    name: `pubsub ${alias}`,
    attributes: {
      "resilient_pubsub.hub": configuration.hub,
      "resilient_pubsub.operation": alias,
    },
  });
  const tell = async (span?: SpanPort): Promise<Round<T>> => {
    const startedAt = performance.now();
    const round = await make();
    const durationInMs = performance.now() - startedAt;
    const report = round.report();
    events.emit("operation", { operation: alias, report, durationInMs });
    const [failed] = report.failed;
    if (failed && report.delivered.length === 0) span?.fail(failed.reason);
    return round;
  };
  return inSpan(tracing, description, tell);
}
