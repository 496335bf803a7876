import type { HistoryEntry, OutboxTask } from "../../src/contract/history-store.ts";
import { Outbox } from "../../src/history/outbox.ts";
import { systemClock } from "../../src/kit/clock.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";

it("a task of any number of messages is sent without a warning of the process, though all frames end together", async () => {
  const offsets = Array.from({ length: 20 }, (_, index) => index + 1);
  const tasks: OutboxTask[] = [
    { endpoint: "east", stream: "a", epoch: "epochone", offsets, claim: "1" },
  ];
  const connection = { claim: async () => tasks.splice(0), finish: async () => {} };
  const signals: AbortSignal[] = [];
  const outbox = closeAfterTest(
    new Outbox({
      session: {
        isLive: true,
        call: (act: (link: object) => unknown) => act({}),
        callBy: (_: object, act: (to: typeof connection, options: object) => unknown) =>
          act(connection, {}),
      },
      calls: {
        ranges: async (questions: { from: number }[]) =>
          questions.map(({ from }) => [{ offset: from } as HistoryEntry]),
      },
      frames: { again: () => ({}), skips: () => [] },
      resend: async (_: string, __: string, ___: object, signal: AbortSignal) => {
        signals.push(signal);
        return "accepted";
      },
      endpoints: () => ({ inUse: ["east"], outOfUse: [] }),
      leaseInMs: 1000,
      clock: systemClock,
      random: () => 0.5,
    } as never),
  );
  outbox.pollIn(0);
  await until(() => signals.length === offsets.length);
  expect(signals.map(mostListeners)).toEqual(offsets.map(() => 0));
});

/** Node warns of more; 0: of none. `getMaxListeners` throws when it is 0. */
function mostListeners(signal: AbortSignal): unknown {
  const symbols = Object.getOwnPropertySymbols(signal);
  const own = symbols.find(({ description }) => description === "events.maxEventTargetListeners");
  return own && (signal as unknown as Record<symbol, unknown>)[own];
}
