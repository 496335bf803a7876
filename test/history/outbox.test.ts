import { getMaxListeners } from "node:events";
import type { Frame, SendOutcome } from "../../src/context/history-port.ts";
import type { PluginContext } from "../../src/context/plugin-context.ts";
import { History } from "../../src/history/history.ts";
import { memoryHistory } from "../../src/stores/memory-history/memory-history.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";

const LIMITS = { maxMessages: 1000, maxBytesPerStream: 1e6, ttlInMs: 300_000, maxResends: 20 };
const call = { signal: new AbortController().signal };

type Answer = (frame: Frame, signal: AbortSignal) => SendOutcome;

/** An outbox with one endpoint, which answers as the test says; and a store with messages that nobody has sent. */
async function startOutbox(messages: number, answer: Answer) {
  const store = memoryHistory();
  const accepted: Frame[] = [];
  const endpoint = { name: "east" };
  const context = {
    configuration: { hub: "chat", fanOut: { timeoutInMs: 1000 } },
    random: Math.random,
    registry: { all: () => [endpoint], fanOutTargets: () => new Set([endpoint]) },
    events: { emit: () => {}, onInternally: () => {} },
  } as unknown as PluginContext;
  const configuration = {
    ...LIMITS,
    store,
    appendTimeoutInMs: 5000,
    carrier: "metadata",
    groups: () => true,
    replayOnJoin: () => 0,
  } as const;
  const killed = closeAfterTest(await store.open("chat", LIMITS, () => {}, call));
  const appends = Array.from({ length: messages }, (_, index) => ({
    stream: "a",
    known: undefined,
    message: { id: `m${index}`, dataType: "text", data: "x" } as const,
    dueInMs: 0,
  }));
  await killed.append(appends, call);
  const history = new History(
    context,
    configuration as unknown as ConstructorParameters<typeof History>[1],
    async (_endpoint, _stream, frame, signal) => {
      const outcome = answer(frame, signal as AbortSignal);
      if (outcome === "accepted") accepted.push(frame);
      return outcome;
    },
  );
  closeAfterTest(history);
  history.start();
  return accepted;
}

it("an endpoint that refuses everything for a while has its clients look when it does not any more", async () => {
  let isRefusing = true;
  let refused = 0;
  const accepted = await startOutbox(1, () => {
    if (!isRefusing) return "accepted";
    refused += 1;
    return "refused";
  });
  await until(() => refused >= 4);
  isRefusing = false;
  await until(() => accepted.length > 0);
});

it("messages that are sent again at once may all listen for the end, without a warning of a leak", async () => {
  const bounds: number[] = [];
  const accepted = await startOutbox(20, (_, signal) => {
    bounds.push(getMaxListeners(signal));
    return "accepted";
  });
  await until(() => accepted.length >= 20);
  expect(new Set(bounds)).toEqual(new Set([Number.POSITIVE_INFINITY]));
});
