import type { Agreement } from "../../src/contract/coordination.ts";
import { StragglerSweep, type SweepTarget } from "../../src/coordination/straggler-sweep.ts";
import { agreement } from "./support/observations.ts";
import { expectNoRejections } from "./support/rejections.ts";
import { virtualClock } from "./support/virtual-clock.ts";

expectNoRejections();

const POLL = 1000;
const LEASE = 10_000;

/** One server's sweep, on a virtual clock; east was left for west. */
function sweepOf(server: Partial<{ isLeader: boolean; random: number }> = {}) {
  const { timeline, clock } = virtualClock();
  const view = {
    agreement: agreement("3 west") as Agreement | undefined,
    isLeader: server.isLeader ?? true,
    isCurrent: async (asked: Agreement) => asked.epoch === 3,
  };
  const east = {
    name: "east",
    url: "https://east",
    unreachable: undefined as string | undefined,
    clients: 0,
    looks: 0,
    closings: [] as number[],
    checks: 0,
    fails: false,
  };
  const told: string[] = [];
  const call = async <T>(carryOut: () => T): Promise<T> => {
    if (east.fails) throw new Error("no answer");
    return carryOut();
  };
  const target = (): SweepTarget => ({
    name: east.name,
    url: east.url,
    unreachable: east.unreachable,
    check: () => {
      east.checks += 1;
    },
    isOccupied: () =>
      call(() => {
        east.looks += 1;
        return east.clients > 0;
      }),
    closeAll: () =>
      call(() => {
        east.closings.push(timeline.now);
        east.clients = 0;
      }),
  });
  const west = { ...target(), name: "west", url: "https://west" };
  const sweep = new StragglerSweep({
    agreement: view,
    targets: () => [target(), west],
    pace: { pollIntervalInMs: POLL, leaseInMs: LEASE },
    clock,
    random: () => server.random ?? 0,
    listener: {
      stragglersClosed: (endpoint, epoch) => told.push(`closed ${endpoint} ${epoch}`),
      stragglersFailed: (endpoint, error) =>
        told.push(`failed ${endpoint}: ${(error as Error).message}`),
    },
  });
  sweep.start();
  const pass = (inMs: number): Promise<void> => timeline.runUntil(timeline.now + inMs);
  return { sweep, view, east, told, pass, timeline };
}

describe("a leader closes all on an endpoint that was left", () => {
  it("with the turn after the one that has heard of it, whoever is there", async () => {
    const { east, pass } = sweepOf();
    await pass(2 * POLL);
    expect(east.closings).toEqual([2 * POLL]);
  });

  it.each<[string, () => Promise<boolean>]>([
    ["that has another agreement", async () => false],
    [
      "that does not answer",
      async () => {
        throw new Error("the store is away");
      },
    ],
    ["that never answers", () => new Promise(() => {})],
  ])("not by the word of a store %s, however long it lasts", async (_, isCurrent) => {
    const { view, east, pass } = sweepOf();
    view.isCurrent = isCurrent;
    east.clients = 12;
    await pass(5 * LEASE);
    expect([east.closings, east.clients]).toEqual([[], 12]);
  });

  it("when the store is back and the agreement is the same", async () => {
    const { view, east, pass, told } = sweepOf();
    const { isCurrent } = view;
    view.isCurrent = async () => false;
    east.clients = 12;
    await pass(2 * LEASE);
    view.isCurrent = isCurrent;
    await pass(POLL);
    expect([east.clients, told]).toEqual([0, ["closed east 3"]]);
  });

  it("not when this process has stood still between the store's answer and the closing", async () => {
    const { view, east, pass, timeline } = sweepOf();
    let isAsked = false;
    view.isCurrent = () => {
      if (isAsked) return new Promise(() => {});
      isAsked = true;
      return new Promise((resolve) => timeline.in(LEASE / 2, () => resolve(true)));
    };
    await pass(5 * LEASE);
    expect(east.closings).toEqual([]);
  });

  it("not after its end", async () => {
    const { sweep, view, east, pass, timeline } = sweepOf();
    view.isCurrent = () => new Promise((resolve) => timeline.in(POLL, () => resolve(true)));
    await pass(2.5 * POLL);
    const closing = sweep.close();
    await pass(LEASE);
    await closing;
    expect(east.closings).toEqual([]);
  });

  it("under the next agreement anew, and no longer under the last", async () => {
    const { view, east, pass } = sweepOf();
    await pass(2 * POLL);
    view.agreement = agreement("4 east");
    east.clients = 1;
    await pass(2 * LEASE);
    expect([east.closings.length, east.clients]).toEqual([1, 1]);
  });
});

describe("a server that does not lead", () => {
  it.each([0, 0.5])(
    "looks after a lease and %d of one, and closes who is there",
    async (random) => {
      const { east, pass, told } = sweepOf({ isLeader: false, random });
      east.clients = 12;
      await pass((1 + random) * LEASE);
      expect(east.looks).toBe(0);
      await pass(2 * POLL);
      expect([east.clients, told]).toEqual([0, ["closed east 3"]]);
    },
  );

  it("closes nobody when nobody is there whom a negotiate has sent", async () => {
    const { east, pass } = sweepOf({ isLeader: false });
    await pass(5 * LEASE);
    expect([east.closings, east.looks > 2]).toEqual([[], true]);
  });

  it("begins at once when it takes the lead", async () => {
    const { view, east, pass } = sweepOf({ isLeader: false });
    await pass(2 * POLL);
    view.isLeader = true;
    await pass(POLL);
    expect(east.closings).toHaveLength(1);
  });

  it("asks the store first as well", async () => {
    const { view, east, pass } = sweepOf({ isLeader: false });
    view.isCurrent = async () => false;
    east.clients = 12;
    await pass(5 * LEASE);
    expect(east.clients).toBe(12);
  });
});

describe("of clients that may be left behind", () => {
  it("a leader tells once, after a lease, when it does not reach their endpoint, and goes on looking", async () => {
    const { east, pass, told } = sweepOf();
    east.unreachable = "timeout";
    await pass(LEASE);
    expect(told).toEqual([]);
    await pass(5 * LEASE);
    expect(told).toEqual([
      expect.stringMatching(/^failed east: This server does not reach "east" \(timeout\)/),
    ]);
    expect(east.checks).toBeGreaterThan(10);
  });

  it("a leader tells once when they cannot be closed, and again after a sweep that succeeded", async () => {
    const { east, pass, told } = sweepOf();
    east.fails = true;
    await pass(LEASE);
    expect(told).toEqual(["failed east: no answer"]);
    east.fails = false;
    await pass(LEASE);
    east.fails = true;
    await pass(2 * LEASE);
    expect(told).toEqual(["failed east: no answer", "failed east: no answer"]);
  });

  it("a leader closes all when their endpoint is back", async () => {
    const { east, pass } = sweepOf();
    await pass(2 * POLL);
    east.unreachable = "refused";
    await pass(LEASE);
    east.unreachable = undefined;
    await pass(POLL);
    expect(east.closings).toHaveLength(2);
  });

  it("others are silent about an endpoint that they do not reach", async () => {
    const { east, pass, told } = sweepOf({ isLeader: false });
    east.unreachable = "refused";
    await pass(5 * LEASE);
    expect([told, east.checks]).toEqual([[], 0]);
  });
});
