import { KeepAlive } from "../../src/client/keep-alive.ts";
import { Patience } from "../../src/client/patience.ts";

const usual = { keepAliveIntervalInMs: 5000, keepAliveTimeoutInMs: 10_000 };
const MIB = 1024 * 1024;

describe("patience with a link is", () => {
  it.each<[string, (patience: Patience) => void, number, number]>([
    ["the usual one when nothing is known", () => {}, 0, 5000],
    ["the usual one on a fast link", (it) => it.onRoundTrip(100), 0, 5000],
    ["four round trips of a slow one", (it) => it.onRoundTrip(2200), 0, 8800],
    [
      "for the slowest round trip of late",
      (it) => [3000, 100].map((inMs) => it.onRoundTrip(inMs)),
      0,
      6000,
    ],
    [
      "the usual one when a slow round trip is long ago",
      (it) => [3000, 100, 100, 100].map((inMs) => it.onRoundTrip(inMs)),
      0,
      5000,
    ],
    ["not endless after a process was busy", (it) => it.onRoundTrip(3_600_000), 0, 20_000],
    ["the usual one when a clock was set back", (it) => it.onRoundTrip(-3_600_000), 0, 5000],
    ["longer by what is under way", () => {}, MIB, 5000 + 20_971.52],
    ["longer after a socket was given up", (it) => it.onSilence(), 0, 20_000],
    ["longest after two", (it) => [1, 2, 3, 4].map(() => it.onSilence()), 0, 80_000],
    ["the usual one after a message", (it) => [it.onSilence(), it.onMessage()], 0, 5000],
  ])("%s", (_, learn, unanswered, expected) => {
    const patience = new Patience();
    learn(patience);
    expect(patience.inMs(5000, unanswered)).toBe(expected);
  });
});

describe("keep-alive on a slow link", () => {
  /** All that is due until it gives up, or for so long. */
  function run(keepAlive: KeepAlive, from: number, end: number, unanswered = 0): string[] {
    const seen: string[] = [];
    for (let now = from; now <= end; ) {
      const { due, inMs } = keepAlive.check(now, unanswered);
      if (due) seen.push(`${due} at ${now}`);
      if (due === "give-up") break;
      now += inMs;
    }
    return seen;
  }

  it("keep-alive asks the endpoint elsewhere before it gives the connection up", () => {
    expect(run(new KeepAlive(usual, 0), 0, 99_999)).toEqual([
      "ping at 5000",
      "ask-endpoint at 5500",
      "give-up at 10000",
    ]);
  });

  it("keep-alive gives nothing up while bytes move", () => {
    const keepAlive = new KeepAlive(usual, 0);
    for (let now = 0; now < 60_000; now += 1000) {
      keepAlive.onBytes(now);
      expect(keepAlive.check(now).due).toBeUndefined();
    }
    expect(run(keepAlive, 60_000, 99_999).at(-1)).toBe("give-up at 69000");
  });

  it("keep-alive waits for as long as a slow link takes for what is under way", () => {
    expect(run(new KeepAlive(usual, 0), 0, 99_999, MIB).at(-1)).toMatch(/^give-up at 30971\.52/);
  });

  it("keep-alive learns round trips from its questions, but not from what was under way", () => {
    const patience = new Patience();
    const keepAlive = new KeepAlive(usual, 0, patience);
    keepAlive.ask(0);
    keepAlive.onMessage(2200);
    expect(patience.roundTripsInMs).toBe(8800);
    for (const at of [10_000, 40_000, 70_000, 100_000]) {
      keepAlive.ask(at);
      keepAlive.onMessage(at + 17_500, MIB);
    }
    expect(patience.roundTripsInMs).toBe(550);
  });

  it("keep-alive of a page that is shown on a slow link waits for four round trips", () => {
    const patience = new Patience();
    patience.onRoundTrip(2200);
    const keepAlive = new KeepAlive(usual, 0, patience);
    keepAlive.check(0);
    keepAlive.askNow(100);
    expect(run(keepAlive, 101, 99_999).at(-1)).toBe("give-up at 8900");
  });

  it("keep-alive has the message of 1 MiB that a page cannot see on its second socket", () => {
    const patience = new Patience();
    expect(run(new KeepAlive(usual, 0, patience), 0, 99_999).at(-1)).toBe("give-up at 10000");
    const second = new KeepAlive(usual, 11_000, patience);
    second.ask(11_000);
    expect(run(second, 11_001, 11_000 + 17_500)).toEqual(["ask-endpoint at 13000"]);
    second.onMessage(11_000 + 17_500, MIB);
    expect(patience.inMs(5000, 0)).toBe(5000);
  });
});
