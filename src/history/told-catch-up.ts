import type { PluginContext } from "../context/plugin-context.ts";
import { inSpan, type SpanPort } from "../context/tracing-port.ts";
import type { PubSubEvents } from "../contract/events.ts";
import { codeOfRefusal, outcomeOfRefusal } from "../http/problem.ts";
import type { CatchUpTally } from "./catch-ups.ts";

/** Has a client catch up, and tells what it came to; without a detour while nobody wants to know. */
export async function toldOf(
  { configuration, events, tracing }: PluginContext,
  answer: () => Promise<CatchUpTally>,
): Promise<void> {
  if (!events.wants("caughtUp") && !tracing?.isOn) {
    await answer();
    return;
  }
  const attributes = { "resilient_pubsub.hub": configuration.hub };
  const description = () => ({ name: "pubsub catch-up", attributes });
  const tell = (event: PubSubEvents["caughtUp"], span: SpanPort | undefined): void => {
    events.emit("caughtUp", event);
    span?.add({ "resilient_pubsub.outcome": event.outcome });
    if (event.code !== undefined) span?.fail(event.code);
  };
  await inSpan(tracing, description, async (span) => {
    const startedAt = performance.now();
    const durationInMs = (): number => performance.now() - startedAt;
    try {
      const tally = await answer();
      const answered = { outcome: "answered", code: undefined } as const;
      tell({ ...answered, ...tally, durationInMs: durationInMs() }, span);
    } catch (error) {
      const code = codeOfRefusal(error);
      const outcome = outcomeOfRefusal(code);
      const nothing = { recovered: 0, missed: 0, messages: 0 };
      tell({ outcome, code, ...nothing, durationInMs: durationInMs() }, span);
      throw error;
    }
  });
}
