import type { PluginContext } from "../context/plugin-context.ts";
import type { Operation } from "./operations.ts";
import type { Round } from "./round.ts";

/** Makes an operation, and tells what it came to; without a detour while nobody wants to know. */
export function toldOf<T>(
  { events }: PluginContext,
  { name, alias = name }: Operation,
  make: () => Promise<Round<T>>,
): Promise<Round<T>> {
  if (!events.wants("operation")) return make();
  const startedAt = performance.now();
  return make().then((round) => {
    const durationInMs = performance.now() - startedAt;
    events.emit("operation", { operation: alias, report: round.report(), durationInMs });
    return round;
  });
}
