import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { HistoryAppend } from "../../src/contract/history-store.ts";
import { memoryHistory } from "../../src/stores/memory-history/memory-history.ts";
import { roomyLimits } from "./support/history-backends.ts";
import { soon } from "./support/soon.ts";

const MIB = 1024 * 1024;
const maxBytes = 16 * MIB;

const whenever = { signal: new AbortController().signal };

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** When it has settled: what the test file before this one has left goes bit by bit. */
async function heapInUse(): Promise<number> {
  const samples: number[] = [];
  for (;;) {
    collectGarbage();
    samples.push(process.memoryUsage().heapUsed);
    const latest = samples.slice(-3);
    if (latest.length === 3 && Math.max(...latest) - Math.min(...latest) < MIB / 4) {
      return Math.min(...latest);
    }
    await wait(100);
  }
}

it.each([
  [200_000, "in many streams", 50_000, 20],
  [100_000, "in one stream", 1, 200],
  [100_000, "in a stream each", 100_000, 100],
])(
  "%d messages %s take as much memory as is configured, and no more",
  async (messages, _, streams, size) => {
    const store = memoryHistory({ maxBytes });
    const limits = { ...roomyLimits, maxMessages: 100_000, maxBytesPerStream: 64 * MIB };
    const connection = await store.open("chat", limits, () => {}, soon());
    const before = await heapInUse();
    for (let count = 0; count < messages; count += 1) {
      const data = String(count).padEnd(size, "x");
      const stream = `u:${count % streams}`;
      const message = { id: `id-${count}`, dataType: "text" as const, data };
      const append: HistoryAppend = { stream, known: undefined, message, dueInMs: 60_000 };
      const [result] = await connection.append([append], whenever);
      const position = result?.position ?? { epoch: "", offset: 0 };
      const settlement = { stream, position, undelivered: [], retryInMs: 0 };
      await connection.settle([settlement], whenever);
    }
    const grownBy = (await heapInUse()) - before;
    expect(grownBy).toBeLessThan(1.25 * maxBytes);
    // It is used, too.
    expect(grownBy).toBeGreaterThan(maxBytes / 3);
    await connection.close();
  },
  300_000,
);
