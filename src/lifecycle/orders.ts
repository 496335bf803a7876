import { ResilientPubSubError } from "../kit/errors.ts";

/** What only tells something, as a closed plugin still does. */
const QUESTIONS: ReadonlySet<string> = new Set(["clientOrigins", "snapshot", "status"]);

/**
 * The same control, whose orders are refused from the moment at which the plugin is told to close:
 * nobody would carry them out, and what they begin would not be ended.
 */
export function refusedOnceClosing<Control extends object>(
  control: Control,
  closing: AbortSignal,
): Control {
  const members = Object.entries(control).map(([name, member]) => {
    const order = (...args: unknown[]): unknown => {
      if (!closing.aborted) return member(...args);
      throw new ResilientPubSubError("ERR_CLOSED", `The plugin is closed; ${name} did nothing`);
    };
    return [name, QUESTIONS.has(name) ? member : order];
  });
  return Object.fromEntries(members);
}
