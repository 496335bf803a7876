import type { AppendResult, StreamPosition } from "../../src/contract/history-store.ts";
import { HistorySession } from "../../src/history/session.ts";
import { StreamCalls } from "../../src/history/stream-calls.ts";
import { memoryHistory } from "../../src/stores/memory-history/memory-history.ts";
import { clockOn, Timeline, virtualClock } from "../coordination/support/virtual-clock.ts";
import { FaultyStore } from "./support/faulty-store.ts";

const away = new Error("away");

function startServer(store?: FaultyStore, virtual = virtualClock()) {
  const { timeline, clock } = virtual;
  const faulty = store ?? new FaultyStore(memoryHistory(), clock);
  const log: string[] = [];
  const session = new HistorySession({
    store: faulty,
    hub: "chat",
    limits: { maxMessages: 100, maxBytesPerStream: 1e6, ttlInMs: 300_000, maxResends: 5 },
    clock,
    random: () => 0.5,
    listener: {
      lost: (error) => void log.push(`lost: ${(error as Error).message}`),
      restored: (lostForInMs) => {
        log.push(`restored after ${Math.round(lostForInMs)} ms`);
        calls.sweep();
      },
    },
  });
  const calls = new StreamCalls({ session, appendTimeoutInMs: 100, ttlInMs: 300_000, clock });
  let sent = 0;
  /** What becomes of one message; undefined while it is not known. */
  const send = (stream = "a") => {
    sent += 1;
    const message = { id: `m${sent}`, dataType: "text", data: "x" } as const;
    const outcome: { logged?: StreamPosition | "bypassed" } = {};
    void calls.append([{ stream, message, dueInMs: 10_000 }]).then((results) => {
      outcome.logged = (results as AppendResult[] | undefined)?.[0]?.position ?? "bypassed";
    });
    return outcome;
  };
  const run = (inMs: number) => timeline.runUntil(timeline.now + inMs);
  return { store: faulty, session, calls, send, run, log, timeline };
}

const epochOf = ({ logged }: { logged?: StreamPosition | "bypassed" }): string | undefined =>
  (logged as StreamPosition | undefined)?.epoch;

async function startLive(store?: FaultyStore) {
  const server = startServer(store);
  server.session.start();
  await server.run(1);
  return server;
}

it("what is sent while the store is opened waits for it, and is logged in order", async () => {
  const { store, session, send, run, log } = startServer();
  store.faultsOf.open = { delayInMs: 50 };
  session.start();
  const sends = [send(), send(), send("g:news")];
  await run(49);
  expect(sends.map(({ logged }) => logged)).toEqual([undefined, undefined, undefined]);
  await run(2);
  expect(sends).toMatchObject([
    { logged: { offset: 1 } },
    { logged: { offset: 2 } },
    { logged: { offset: 1 } },
  ]);
  expect(log).toEqual([]);
});

it("a send waits no longer than it may, whatever the store does, and is bypassed", async () => {
  const { store, send, run } = await startLive();
  store.fault = { isSilent: true };
  const sent = send();
  await run(99);
  expect(sent.logged).toBeUndefined();
  await run(2);
  expect(sent.logged).toBe("bypassed");
});

it.each([
  [
    "fails each call",
    (store: FaultyStore) => {
      store.fault = { refuse: away };
    },
  ],
  [
    "breaks the connection and cannot be reached",
    (store: FaultyStore) => {
      store.fault = { refuse: away };
      store.break(away);
    },
  ],
])("while the store %s, sends are bypassed at once, and that is told once", async (_, breakIt) => {
  const { store, send, run, log } = await startLive();
  breakIt(store);
  send();
  await run(1);
  for (let second = 0; second < 30; second += 1) {
    const sent = send();
    await run(0);
    expect(sent.logged).toBe("bypassed");
    await run(1000);
  }
  expect(log).toEqual(["lost: away"]);
});

it.each([
  ["a call failed", (store: FaultyStore) => store.spoil("append", { refuse: away })],
  ["the connection broke", (store: FaultyStore) => store.break(away)],
  [
    "an append failed after it was carried out",
    (store: FaultyStore) => store.spoil("append", { failAfter: away }),
  ],
])(
  "rule 7: when %s, all epochs are new once it is back, and only then is anything logged",
  async (_, breakIt) => {
    const { store, send, run, log } = await startLive();
    const [hub, group] = [send(), send("g:news")];
    await run(1);
    breakIt(store);
    send();
    await run(0);
    store.faultsOf.append = {};
    await run(1000);
    const [hubAfter, groupAfter] = [send(), send("g:news")];
    await run(1);
    expect(log).toEqual(["lost: away", expect.stringMatching(/^restored after \d+ ms$/)]);
    expect(epochOf(hubAfter)).not.toBe(epochOf(hub));
    expect(epochOf(groupAfter)).not.toBe(epochOf(group));
  },
);

it("rule 7: when only an append was late, the streams that were bypassed get new epochs, and no others", async () => {
  const { store, send, run, log } = await startLive();
  const [hub, group] = [send(), send("g:news")];
  await run(1);
  store.faultsOf.append = { delayInMs: 300 };
  const late = send();
  await run(150);
  const meanwhile = send();
  await run(0);
  expect([late.logged, meanwhile.logged]).toEqual(["bypassed", "bypassed"]);
  store.faultsOf.append = {};
  await run(300);
  const [hubAfter, groupAfter] = [send(), send("g:news")];
  await run(1);
  expect(log).toEqual([
    expect.stringContaining("has not logged a message within 100 ms"),
    "restored after 200 ms",
  ]);
  expect(epochOf(hubAfter)).not.toBe(epochOf(hub));
  expect(epochOf(groupAfter)).toBe(epochOf(group));
});

it("rule 7: an append whose answer never comes ends the connection, and all epochs", async () => {
  const { store, send, run, log } = await startLive();
  const group = send("g:news");
  await run(1);
  store.faultsOf.append = { isSilent: true };
  send();
  await run(1050);
  expect(store.calls.filter((call) => call === "open")).toHaveLength(1);
  store.faultsOf.append = {};
  await run(200);
  expect(store.calls.filter((call) => call === "open")).toHaveLength(2);
  const groupAfter = send("g:news");
  await run(1);
  expect(log).toHaveLength(2);
  expect(epochOf(groupAfter)).not.toBe(epochOf(group));
});

it("a send that is bypassed while epochs are renewed has them renewed once more", async () => {
  const { store, send, run, log } = await startLive();
  store.faultsOf.renewEpochs = { delayInMs: 150 };
  store.break(away);
  await run(10);
  const slow = send();
  await run(120);
  expect(slow.logged).toBe("bypassed");
  expect(log).toEqual(["lost: away"]);
  store.faultsOf.renewEpochs = {};
  await run(100);
  expect(store.calls.filter((call) => call === "renewEpochs")).toHaveLength(2);
  expect(log).toHaveLength(2);
});

it("what is sent while epochs are renewed waits, and is logged in the new ones", async () => {
  const { store, send, run } = await startLive();
  const before = send();
  await run(1);
  store.faultsOf.renewEpochs = { delayInMs: 50 };
  store.break(away);
  await run(10);
  const sends = [send(), send()];
  await run(50);
  expect(sends).toMatchObject([{ logged: { offset: 1 } }, { logged: { offset: 2 } }]);
  expect(epochOf(sends[0] ?? {})).not.toBe(epochOf(before));
});

it("a store that is lost again and again is returned to ever more slowly", async () => {
  const { store, send, run, log } = await startLive();
  store.faultsOf.append = { refuse: away };
  for (let second = 0; second < 600; second += 1) {
    send();
    await run(100);
  }
  expect(log.filter((line) => line.startsWith("lost")).length).toBeLessThan(20);
});

it("a process that was blocked gives the answer as much time again", async () => {
  const timeline = new Timeline();
  let isStopped = false;
  const held: (() => void)[] = [];
  const deliver = (run: () => void): void => void (isStopped ? held.push(run) : run());
  const clock = clockOn(timeline, { offsetInMs: 0, wallOffsetInMs: 0, drift: 0 }, deliver);
  const { store, session, send, run, log } = startServer(undefined, { timeline, clock });
  session.start();
  await run(1);
  store.faultsOf.append = { delayInMs: 20 };
  const sent = send();
  isStopped = true;
  await run(500);
  isStopped = false;
  // The timer that ends the wait is first in the queue, as it is in an event loop.
  for (const resume of held.splice(0).reverse()) resume();
  await run(1);
  expect(sent.logged).toMatchObject({ offset: 1 });
  expect(log).toEqual([]);
});

it("rules 4 and 5: after one stream is found in another epoch, all that are remembered are asked about", async () => {
  const { store, send, run, calls, session } = await startLive();
  const other = await startLive(store);
  const before = [send("a"), send("g:news"), send("u:ada")];
  await run(1);
  await other.calls.tops(["a"]);
  await other.session.call((link) =>
    other.session.callBy(link, (connection, options) => connection.renewEpochs(["a"], options)),
  );
  store.calls.length = 0;
  await calls.tops(["a"]);
  await run(1);
  // The question itself, a sweep that learns, and none after it that learns nothing.
  expect(store.calls.filter((call) => call === "tops").length).toBeGreaterThan(1);
  expect(session.isLive).toBe(true);
  expect(before).toHaveLength(3);
});

it("a call of a store that is away is refused at once, and says so", async () => {
  const { store, send, run, calls } = await startLive();
  store.fault = { refuse: away };
  send();
  await run(1);
  await expect(calls.tops(["a"])).rejects.toMatchObject({ code: "ERR_HISTORY_UNAVAILABLE" });
});

it("a call waits as long as its caller does, which says nothing about the store", async () => {
  const { store, run, calls, log } = await startLive();
  store.faultsOf.tops = { delayInMs: 500 };
  const asked = calls.tops(["a"], 100).catch(({ code }) => code);
  await run(101);
  await expect(asked).resolves.toBe("ERR_HISTORY_UNAVAILABLE");
  await run(1000);
  expect(log).toEqual([]);
});

it("a store of something else is refused", async () => {
  const { store, session, run, log } = startServer();
  jest.spyOn(store, "open").mockResolvedValue({ close: async () => {} } as never);
  session.start();
  await run(1);
  expect(log).toEqual([
    "lost: faulty store: is no store of history; give memoryHistory() or redisHistory(...)",
  ]);
});

it("after close nothing is called, and sends are not held up", async () => {
  const { store, session, send, run } = await startLive();
  await session.close();
  store.calls.length = 0;
  const sent = send();
  await run(60_000);
  expect(sent.logged).toBe("bypassed");
  expect(store.calls).toEqual([]);
});
