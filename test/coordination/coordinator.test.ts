import { writeHeartbeat } from "../../src/coordination/heartbeat.ts";
import { memoryStore } from "../../src/stores/memory-store.ts";
import { coordinators, LEASE, POLL, west } from "./support/coordinators.ts";
import { type FaultyStore, fails, faultyStore, hangs, storeWith } from "./support/faulty-store.ts";
import { observation } from "./support/observations.ts";
import { expectNoRejections } from "./support/rejections.ts";

expectNoRejections();

describe("the first agreement", () => {
  it("the first agreement is on the first healthy endpoint, and one server leads", async () => {
    const { join, pass } = coordinators();
    const servers = [join("a", "east- west+ north+"), join("b", "east- west+ north+")];
    await pass(POLL);
    for (const { coordinator, log } of servers) {
      expect(coordinator.agreement).toMatchObject({ epoch: 1, active: "west" });
      expect(coordinator.leader).toBe("a");
      expect(log).toEqual(["agreed 1 west (first) after undefined"]);
    }
    expect(servers.map(({ coordinator }) => coordinator.isLeader)).toEqual([true, false]);
  });

  it("waits for a healthy endpoint, but not for the next poll", async () => {
    const { join, pass } = coordinators();
    const server = join("a", "east? west-");
    await pass(3 * POLL);
    expect(server.coordinator.agreement).toBeUndefined();
    server.see("east+ west-");
    await pass(POLL / 4);
    expect(server.coordinator.agreement).toMatchObject({ active: "east" });
  });

  it("the first agreement is there after one poll, without waiting for a timer", async () => {
    const { join } = coordinators();
    const { coordinator } = join("a");
    await coordinator.poll();
    expect(coordinator.agreement).toMatchObject({ active: "east" });
  });
});

describe("an order to switch", () => {
  it("an order to switch is followed by all servers within a poll", async () => {
    const { join, pass, within } = coordinators();
    const [a, b] = [join("a"), join("b")];
    await pass(2 * POLL);
    const order = b.coordinator.switchTo(west, () => {});
    expect(await within(POLL, order)).toMatchObject({
      epoch: 2,
      active: "west",
      reason: "switched",
    });
    for (const { log } of [a, b]) expect(log.at(-1)).toBe("agreed 2 west (switched) after 1");
    expect(b.coordinator.leader).toBe("a");
  });

  it("is shown to a check that knows all peers, also the leader, and may refuse it", async () => {
    const { join, pass, within } = coordinators();
    const [a] = [join("a", "east+ west+"), join("b", "east+ north+")];
    const c = join("c");
    await pass(2 * POLL);
    const order = c.coordinator.switchTo(west, (peers) => {
      expect(Object.fromEntries(peers)).toEqual({
        a: observation("east+ west+"),
        b: observation("east+ north+"),
      });
      throw Object.assign(new Error(), { code: "no" });
    });
    expect(await within(POLL, order)).toBe("no");
    expect(a.coordinator.agreement).toMatchObject({ epoch: 1 });
  });

  it("waits for the poll that is under way, and the next poll waits for the order", async () => {
    const store = faultyStore();
    const { join, pass, within, timeline } = coordinators(store);
    const { coordinator } = join("a");
    await pass(POLL / 2);
    let underWay = 0;
    const underWayAtAPoll: number[] = [];
    store.everyCall = async (proceed) => {
      if (store.calls.at(-1) === "readRecord") underWayAtAPoll.push(underWay);
      underWay += 1;
      await new Promise<void>((resolve) => timeline.in(POLL, resolve));
      underWay -= 1;
      return proceed();
    };
    const poll = coordinator.poll();
    const orders = [coordinator.switchTo(west, () => {}), coordinator.switchTo(west, () => {})];
    coordinator.pollSoon();
    expect(await within(9 * POLL, Promise.all([poll, ...orders]))).toMatchObject([
      undefined,
      { epoch: 2, active: "west" },
      { epoch: 2, active: "west" },
    ]);
    expect(underWayAtAPoll.length).toBeGreaterThanOrEqual(3);
    expect(underWayAtAPoll.filter((count) => count > 0)).toEqual([]);
  });

  it("delays news for the peers no longer than until the next soon poll", async () => {
    const shared = memoryStore();
    const store = faultyStore(shared);
    const { join, pass } = coordinators(shared);
    join("a", "east+ west+ north+");
    const b = join("b", "east+ west+ north+", store);
    await pass(2 * POLL);
    store.calls.length = 0;
    b.see("east+ west+ north-");
    await b.coordinator.switchTo(west, () => {});
    expect(store.calls).not.toContain("writeObservation");
    await pass(POLL / 4);
    expect(store.calls).toContain("writeObservation");
  });

  it("writes nothing when the endpoint is active already", async () => {
    const store = faultyStore();
    const { join, pass } = coordinators(store);
    const { coordinator } = join("a", "west+ east+");
    await pass(POLL / 2);
    store.calls.length = 0;
    expect(await coordinator.switchTo(west, () => {})).toMatchObject({ epoch: 1 });
    expect(store.calls.sort()).toEqual(["readObservations", "readRecord"]);
  });

  it("is written again, and checked again, when another server was faster", async () => {
    const store = faultyStore();
    const { join, pass, stored } = coordinators(store);
    const { coordinator } = join("a");
    await pass(POLL / 2);
    const record = await stored.record();
    store.faults.replaceRecord = async (proceed) => {
      delete store.faults.replaceRecord;
      await stored.spoil(JSON.stringify({ ...record, leader: "b" }));
      return proceed();
    };
    const check = jest.fn();
    expect(await coordinator.switchTo(west, check)).toMatchObject({ epoch: 2, active: "west" });
    expect(check).toHaveBeenCalledTimes(2);
    expect(await stored.record()).toMatchObject({ leader: "b", agreement: { epoch: 2 } });
  });

  it("makes the first agreement when there is none, also if no endpoint is known to be healthy", async () => {
    const { join, pass } = coordinators();
    const { coordinator } = join("a", "east? west?");
    await pass(POLL);
    expect(await coordinator.switchTo(west, () => {})).toMatchObject({ epoch: 1, active: "west" });
    expect(coordinator.agreement).toMatchObject({ epoch: 1, active: "west" });
  });
});

describe("a store that is away", () => {
  it("is announced once, and once more when it is back; the agreement stays", async () => {
    const store = faultyStore();
    const { join, pass } = coordinators(store);
    const { coordinator, log } = join("a");
    await pass(POLL / 2);
    store.everyCall = fails;
    await pass(LEASE / 2 - POLL);
    expect(log).toHaveLength(1);
    await pass(3 * LEASE);
    expect(log.slice(1)).toEqual(["lost: refused by the test"]);
    expect(coordinator.reachability).toMatchObject({ isLost: true });
    expect(coordinator.agreement).toMatchObject({ epoch: 1 });
    store.everyCall = undefined;
    await pass(3 * LEASE);
    expect(log).toHaveLength(3);
    expect(log[2]).toMatch(/^restored after \d+/);
    expect(coordinator.isLeader).toBe(true);
  });

  it("is given up after a quarter of the lease, when it does not answer", async () => {
    const store = faultyStore();
    const { join, pass, within } = coordinators(store);
    const { coordinator } = join("a");
    await pass(POLL / 2);
    store.everyCall = hangs;
    const poll = coordinator.poll();
    expect(await within(LEASE / 4 - 1, poll)).toBe("nothing yet");
    expect(await within(1, poll)).toBe("ERR_STORE_UNAVAILABLE");
  });

  it("leaves no connection open that was opened too late", async () => {
    const store = faultyStore();
    const { join, pass, timeline } = coordinators(store);
    store.faults.open = (proceed) =>
      new Promise((resolve) => timeline.in(LEASE, () => resolve(proceed())));
    const { coordinator, log } = join("a");
    await pass(LEASE - 1);
    expect(store.closed).toBe(0);
    expect(log[0]).toMatch(/^lost: faulty: has not answered within 2250 ms/);
    delete store.faults.open;
    await pass(2 * LEASE);
    expect(store.closed).toBeGreaterThan(0);
    expect(coordinator.agreement).toMatchObject({ epoch: 1 });
  });
});

describe("a coordinator that cannot read", () => {
  it("the record throws, and keeps the last agreement", async () => {
    const { join, pass, stored } = coordinators();
    const { coordinator } = join("a");
    await pass(POLL / 2);
    await stored.spoil("{}");
    await expect(coordinator.poll()).rejects.toMatchObject({ code: "ERR_STORE_UNREADABLE" });
    expect(coordinator.agreement).toMatchObject({ epoch: 1 });
  });

  it("the record tells so once, and looks at it once, until there is another one", async () => {
    const { join, pass, stored } = coordinators();
    const { coordinator, log } = join("a");
    await pass(POLL / 2);
    await stored.spoil("{}");
    const parse = jest.spyOn(JSON, "parse");
    const errors = new Set<unknown>();
    for (let count = 0; count < 20; count += 1) {
      await pass(POLL);
      errors.add(coordinator.reachability.error);
    }
    expect(parse.mock.calls.filter(([text]) => text === "{}")).toHaveLength(1);
    parse.mockRestore();
    expect(errors.size).toBe(1);
    expect(log.filter((line) => line.startsWith("lost"))).toHaveLength(1);
    await stored.spoil("[]");
    await pass(2 * POLL);
    expect(errors).not.toContain(coordinator.reachability.error);
  });

  it("the heartbeat of a peer takes it for one that knows no endpoint, so nobody is moved", async () => {
    const { join, pass, stored } = coordinators();
    const servers = [join("a"), join("b"), join("c")];
    await pass(2 * POLL);
    await stored.heartbeat("d", "from the future");
    await pass(2 * POLL);
    expect(servers[0]?.log.at(-1)).toBe(
      'differ [{"server":"d","missing":["east","west"],"unknown":[]}]',
    );
    for (const { see } of servers) see("east- west+");
    await pass(3 * POLL);
    for (const { coordinator } of servers) expect(coordinator.agreement?.epoch).toBe(1);
    // It says nothing new, so it is no more.
    await pass(LEASE);
    for (const { coordinator } of servers) expect(coordinator.agreement?.epoch).toBe(2);
    expect(servers[0]?.log).toContain("differ []");
  });
});

describe("a server that ends", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["hangs", () => new Promise(() => {}), /faulty: has not answered within 1000 ms/],
    ["rejects", () => Promise.reject(new Error("no")), /no/],
    [
      "throws",
      () => {
        throw new Error("no");
      },
      /no/,
    ],
  ])("ends, and tells so, when closing the store %s", async (_, close, told) => {
    const { join, pass, within } = coordinators(storeWith({ close }));
    const { coordinator, log } = join("a");
    await pass(2 * POLL);
    expect(await within(POLL, coordinator.close())).toBe("done");
    const failures = log.filter((line) => line.startsWith("close failed"));
    expect(failures).toEqual([expect.stringMatching(told)]);
    await pass(LEASE);
    expect(await within(0, coordinator.close())).toBe("done");
    expect(log.filter((line) => line.startsWith("close failed"))).toHaveLength(1);
  });

  it("waits for a store that does not know the end of a method no longer than for two seconds", async () => {
    const hang = () => new Promise(() => {});
    const store = storeWith({ close: hang });
    const { join, pass, within } = coordinators(store);
    const { coordinator } = join("a", undefined, undefined, {
      pollIntervalInMs: 60_000,
      leaseInMs: 600_000,
    });
    await pass(200 * POLL);
    expect(store.calls).toContain("writeObservation");
    store.faults.writeObservation = hang;
    const closing = coordinator.close();
    expect(await within(3_999, closing)).toBe("nothing yet");
    expect(await within(1, closing)).toBe("done");
  });

  it("resigns and says farewell, and the next one leads within a poll", async () => {
    const { join, pass, stored } = coordinators();
    const [a, b] = [join("a"), join("b")];
    await pass(2 * POLL);
    expect((await stored.heartbeats()).sort()).toEqual(["a", "b"]);
    await a.coordinator.close();
    expect(await stored.record()).toMatchObject({ leader: null });
    await pass(POLL);
    expect(await stored.record()).toMatchObject({ leader: "b", voters: ["b"] });
    await pass(POLL);
    expect(await stored.heartbeats()).toEqual(["b"]);
    expect(b.coordinator.isLeader).toBe(true);
    expect(b.log).toEqual(["agreed 1 east (first) after undefined"]);
  });

  it.each(["before the first answer", "while it waits", "in the middle of a poll"])(
    "ends within a poll while the store hangs, %s",
    async (when) => {
      const store = faultyStore();
      const { join, pass, within, stored } = coordinators(store);
      if (when === "before the first answer") store.everyCall = hangs;
      else await stored.record();
      const { coordinator } = join("a");
      await pass(POLL / 2);
      store.everyCall = hangs;
      if (when === "in the middle of a poll") void coordinator.poll().catch(() => {});
      expect(await within(POLL, coordinator.close())).toBe("done");
      store.calls.length = 0;
      await pass(3 * LEASE);
      expect(store.calls).toEqual([]);
    },
  );

  it("calls the store no more, and rejects orders", async () => {
    const store = faultyStore();
    const { join, pass } = coordinators(store);
    const { coordinator } = join("a");
    await pass(POLL / 2);
    await coordinator.close();
    await coordinator.close();
    store.calls.length = 0;
    await expect(coordinator.switchTo(west, () => {})).rejects.toMatchObject({
      code: "ERR_CLOSED",
    });
    coordinator.pollSoon();
    await coordinator.poll();
    await pass(LEASE);
    expect(store.calls).toEqual([]);
  });
});

it("a heartbeat is kept for two leases: whoever takes the lead after one still finds it", async () => {
  const store = faultyStore();
  const { join, pass } = coordinators(store);
  const keptForInMs: unknown[] = [];
  store.faults.writeObservation = (proceed, [, , keepForInMs]) => {
    keptForInMs.push(keepForInMs);
    return proceed();
  };
  const { coordinator } = join("a");
  await pass(POLL);
  await coordinator.close();
  expect(keptForInMs).toEqual([2 * LEASE, 2 * LEASE]);
});

describe("a leader moves nobody by its own vote", () => {
  it("when it was not told that it has taken the lead", async () => {
    const shared = memoryStore();
    const [storeOfA, storeOfB, storeOfC] = [1, 2, 3].map(() => faultyStore(shared)) as [
      FaultyStore,
      FaultyStore,
      FaultyStore,
    ];
    const { join, pass, stored } = coordinators(shared);
    join("a", "east+ west+", storeOfA);
    await pass(POLL);
    const b = join("b", "east+ west+", storeOfB);
    await pass(POLL / 2);
    const c = join("c", "east+ west+", storeOfC);
    await pass(2 * POLL);
    storeOfA.everyCall = hangs;
    storeOfC.faults.replaceRecord = fails;
    storeOfB.faults.replaceRecord = async (proceed) => {
      delete storeOfB.faults.replaceRecord;
      await proceed();
      return new Promise(() => {});
    };
    // Only its own network is broken, and it polls soon.
    b.see("east- west+");
    await pass(2 * LEASE);
    expect(await stored.record()).toMatchObject({ leader: "b" });
    for (const { coordinator } of [b, c]) expect(coordinator.agreement?.epoch).toBe(1);
  });

  it("after it has stood still, when what it knew of its peers is old", async () => {
    const shared = memoryStore();
    const store = faultyStore(shared);
    const { join, pass, stored, timeline } = coordinators(shared);
    const a = join("a", undefined, store);
    await pass(POLL);
    for (const sequence of [1, 2, 3]) {
      await stored.heartbeat(
        "b",
        writeHeartbeat({ sequence: sequence, endpoints: observation("east+ west+") }),
      );
      await stored.heartbeat(
        "c",
        writeHeartbeat({ sequence: sequence, endpoints: observation("east+ west+") }),
      );
      await pass(POLL);
    }
    // The answers of one poll come after a while, as for a process that stands still.
    const heldUntil = timeline.now + 2 * POLL;
    store.faults.readRecord = (proceed) =>
      new Promise((resolve) => {
        const result = proceed();
        timeline.in(heldUntil - timeline.now, () => resolve(result));
      });
    a.see("east- west+");
    await pass(3 * POLL);
    expect(a.coordinator.agreement?.epoch).toBe(1);
  });
});
