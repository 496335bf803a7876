import type { PluginContext } from "../context/plugin-context.ts";
import { RequestRefused } from "../http/problem.ts";
import type { CatchUpTally } from "./catch-ups.ts";

/** Has a client catch up, and tells what it came to; without a detour while nobody wants to know. */
export async function toldOf(
  { events }: PluginContext,
  answer: () => Promise<CatchUpTally>,
): Promise<void> {
  if (!events.wants("caughtUp")) {
    await answer();
    return;
  }
  const startedAt = performance.now();
  const durationInMs = (): number => performance.now() - startedAt;
  try {
    const tally = await answer();
    const answered = { outcome: "answered", code: undefined } as const;
    events.emit("caughtUp", { ...answered, ...tally, durationInMs: durationInMs() });
  } catch (error) {
    const code = error instanceof RequestRefused ? error.problem.code : "ERR_HANDLER_FAILED";
    const outcome = code === "ERR_OVERLOADED" ? "shed" : "refused";
    const nothing = { recovered: 0, missed: 0, messages: 0 };
    events.emit("caughtUp", { outcome, code, ...nothing, durationInMs: durationInMs() });
    throw error;
  }
}
