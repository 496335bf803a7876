import type { Request, Response } from "express";
import { nextTurn } from "../../src/kit/next-turn.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { UnderWay } from "../../src/kit/under-way.ts";
import { type Part, Shutdown } from "../../src/lifecycle/shutdown.ts";
import { Traffic } from "../../src/lifecycle/traffic.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The end of parts, each of which does what the test says. */
function setUp({ first = [], last = [] }: { first?: Part[]; last?: Part[] } = {}) {
  const events = new TypedEvents();
  const told: string[] = [];
  events.on("closeFailed", ({ part, error }) => {
    told.push(`${part}: ${(error as Error | undefined)?.message}`);
  });
  const log: string[] = [];
  const operations = {
    underWay: new UnderWay(),
    refuse: () => {
      if (log.at(-1) !== "operations refused") log.push("operations refused");
    },
  };
  const traffic = new Traffic();
  const noted = (parts: Part[]) =>
    parts.map(({ name, close }) => ({
      name,
      close: () => {
        log.push(name);
        return close();
      },
    }));
  const shutdown = new Shutdown({
    events,
    traffic,
    operations,
    first: noted(first),
    last: () => noted(last),
  });
  return { shutdown, operations, traffic, told, log };
}

const part = (name: string, close: Part["close"] = () => {}): Part => ({ name, close });

/** Long enough for whatever needs no timer to be done. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await nextTurn();
}

function requestAndResponse() {
  const listeners = new Map<string, (this: unknown) => void>();
  const res = {
    headersSent: false,
    setHeader: () => {},
    on: (name: string, listener: () => void) => listeners.set(name, listener),
  };
  const end = (name = "finish") => listeners.get(name)?.call(res);
  return { req: {} as Request, res: res as unknown as Response, end };
}

it("an idle plugin closes at once, without the help of a timer", async () => {
  const { shutdown, log, told } = setUp({ first: [part("early")], last: [part("late")] });
  await shutdown.close();
  expect([log, told]).toEqual([["early", "operations refused", "late"], []]);
  expect(jest.getTimerCount()).toBe(0);
});

it("what nothing under way needs is ended at once, everything else when nothing is under way", async () => {
  const { shutdown, operations, log } = setUp({ first: [part("early")], last: [part("late")] });
  operations.underWay.begin();
  const closed = shutdown.close();
  await settle();
  expect([log, shutdown.begun.aborted]).toEqual([["early"], true]);
  operations.underWay.end();
  await closed;
  expect(log).toEqual(["early", "operations refused", "late"]);
});

it("a request that is answered by the application is waited for, however it ends", async () => {
  for (const ending of ["finish", "close"]) {
    const { shutdown, traffic, log } = setUp({ last: [part("late")] });
    const { req, res, end } = requestAndResponse();
    traffic.pass(req, res);
    const closed = shutdown.close();
    await settle();
    expect(log).toEqual([]);
    end(ending);
    await closed;
    expect(log).toEqual(["operations refused", "late"]);
  }
});

it("requests and operations that begin by turns are all waited for", async () => {
  const { shutdown, operations, traffic, log } = setUp();
  let { req, res, end } = requestAndResponse();
  traffic.pass(req, res);
  const closed = shutdown.close();
  for (let turn = 0; turn < 5; turn += 1) {
    operations.underWay.begin();
    end();
    await settle();
    ({ req, res, end } = requestAndResponse());
    traffic.pass(req, res);
    operations.underWay.end();
    await settle();
    expect(log).toEqual([]);
  }
  end();
  await closed;
});

it("the drain has stages: half of it takes requests, three quarters take operations", async () => {
  const { shutdown, operations, traffic, log, told } = setUp();
  const admits = () => traffic.admitEvent({} as Request, responseThatIsRefused());
  operations.underWay.begin();
  const closed = shutdown.close({ drainInMs: 8000 });
  const seen: unknown[] = [];
  for (const ms of [3900, 200, 1800, 200, 1800]) {
    await settle();
    await jest.advanceTimersByTimeAsync(ms);
    await settle();
    seen.push([admits(), log.length > 0]);
  }
  expect(seen).toEqual([
    [true, false],
    [false, false],
    [false, false],
    [false, true],
    [false, true],
  ]);
  await jest.advanceTimersByTimeAsync(200);
  await settle();
  await jest.advanceTimersByTimeAsync(10);
  await closed;
  expect(told).toEqual([
    "drain: 1 requests and 1 operations were not done within 8000 ms; give close a longer drainInMs",
  ]);
});

/** As much of a response as a refusal needs. */
function responseThatIsRefused(): Response {
  const { res } = requestAndResponse();
  const chain = (): Response => res;
  const getHeader = (): undefined => undefined;
  return Object.assign(res, { status: chain, set: chain, type: chain, end: chain, getHeader });
}

describe("a part that does not end", () => {
  it.each<[string, Part["close"], string]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
      "boom",
    ],
    ["rejects", () => Promise.reject(new Error("boom")), "boom"],
    ["rejects with nothing", () => Promise.reject(undefined), "undefined"],
    ["hangs", () => new Promise(() => {}), "No answer within 4000 ms"],
  ])("since it %s is told of, and every other one ends", async (_, close, message) => {
    for (const place of ["first", "last"] as const) {
      const { shutdown, log, told } = setUp({
        [place]: [part("bad", close), part("good")],
      });
      const closed = shutdown.close();
      await settle();
      await jest.advanceTimersByTimeAsync(4000);
      await closed;
      expect(log).toEqual(expect.arrayContaining(["bad", "good"]));
      expect(told).toEqual([`bad: ${message}`]);
    }
  });
});
