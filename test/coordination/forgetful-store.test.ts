import { coordinators, LEASE, POLL } from "./support/coordinators.ts";
import { fails, faultyStore } from "./support/faulty-store.ts";
import { forgetfulStore } from "./support/forgetful-store.ts";
import { expectNoRejections } from "./support/rejections.ts";

expectNoRejections();

/*
 * One server of three does not see the active endpoint: its own network is broken. It must move nobody,
 * whatever the store has forgotten, and whoever leads.
 */

const BLIND = "east- west+";

/** Three servers that have agreed and know each other; the first one leads. */
async function threeServers() {
  const shared = forgetfulStore();
  const stores = [1, 2, 3].map(() => faultyStore(shared));
  const cluster = coordinators(shared);
  const servers: ReturnType<typeof cluster.join>[] = [];
  for (const [index, store] of stores.entries()) {
    servers.push(cluster.join("abc"[index] as string, undefined, store));
    await cluster.pass(POLL / 3);
  }
  await cluster.pass(LEASE);
  const isAway = (away: boolean, of = [0, 1, 2]): void => {
    for (const index of of) {
      const store = stores[index];
      if (store) store.everyCall = away ? fails : undefined;
    }
  };
  const epochs = () => servers.map(({ coordinator }) => coordinator.agreement?.epoch);
  const leader = () => servers.findIndex(({ coordinator }) => coordinator.isLeader);
  expect([leader(), epochs()]).toEqual([0, [1, 1, 1]]);
  return { ...cluster, servers, forget: shared.forget, isAway, epochs };
}

type Cluster = Awaited<ReturnType<typeof threeServers>>;

const losses: [string, (cluster: Cluster) => Promise<void>][] = [
  ["loses all heartbeats", ({ stored }) => stored.forgetHeartbeats()],
  ["loses everything", async ({ forget }) => forget()],
  [
    "goes back to an older state, as a replica that lags",
    async ({ stored }) => {
      const { voters, ...record } = await stored.record();
      await stored.forgetHeartbeats();
      await stored.spoil(JSON.stringify({ ...record, renewals: 0, voters: ["a"] }));
    },
  ],
  [
    "goes back to a time when nobody led and nobody was known",
    async ({ stored }) => {
      const record = await stored.record();
      await stored.forgetHeartbeats();
      await stored.spoil(JSON.stringify({ ...record, leader: null, renewals: 0, voters: [] }));
    },
  ],
  [
    "loses everything, and is as it was before after a moment",
    async ({ forget, pass, stored }) => {
      const before = await stored.record();
      forget();
      await pass(POLL);
      await stored.forgetHeartbeats();
      await stored.spoil(JSON.stringify({ ...before, leader: null, voters: [] }));
    },
  ],
  [
    "is away for longer than a lease",
    async ({ isAway, pass }) => {
      isAway(true);
      await pass(1.5 * LEASE);
      isAway(false);
    },
  ],
  [
    "is away for longer than a lease, and has lost all heartbeats then",
    async ({ isAway, pass, stored }) => {
      isAway(true);
      await pass(1.5 * LEASE);
      await stored.forgetHeartbeats();
      isAway(false);
    },
  ],
  [
    "is away for longer than a lease, and for the leader still",
    async ({ isAway, pass, stored }) => {
      isAway(true);
      await pass(1.5 * LEASE);
      await stored.forgetHeartbeats();
      isAway(false, [1]);
      await pass(POLL);
      isAway(false, [2]);
    },
  ],
];

describe("when the store", () => {
  it.each(losses)("%s, one server alone moves nobody", async (_, lose) => {
    for (const blind of [0, 1, 2]) {
      const cluster = await threeServers();
      const { servers, pass, epochs } = cluster;
      servers[blind]?.see(BLIND);
      await pass(2 * POLL);
      await lose(cluster);
      await pass(3 * LEASE);
      expect(epochs()).toEqual([1, 1, 1]);
    }
  });

  it.each(losses)(
    "%s, a majority still moves everybody, after a lease at most",
    async (_, lose) => {
      const cluster = await threeServers();
      const { servers, pass, epochs, isAway } = cluster;
      await lose(cluster);
      isAway(false);
      for (const { see } of servers.slice(0, 2)) see(BLIND);
      await pass(LEASE + 4 * POLL);
      expect(epochs()).toEqual([2, 2, 2]);
    },
  );
});

it("a leader listens for a whole lease after the last of several losses", async () => {
  const { servers, pass, epochs, forget } = await threeServers();
  forget();
  for (const { see } of servers.slice(0, 2)) see(BLIND);
  await pass(0.8 * LEASE);
  forget();
  await pass(0.9 * LEASE);
  expect(epochs()).toEqual([1, 1, 1]);
  await pass(LEASE);
  expect(epochs()).toEqual([2, 2, 2]);
});

describe("a leader waits", () => {
  it("for no server that has left in good order", async () => {
    const { servers, pass, epochs } = await threeServers();
    const [a, b, c] = servers as [
      Cluster["servers"][0],
      Cluster["servers"][0],
      Cluster["servers"][0],
    ];
    await Promise.all([b.coordinator.close(), c.coordinator.close()]);
    a.see(BLIND);
    await pass(3 * POLL);
    expect(epochs()[0]).toBe(2);
  });

  it("for no leader that has resigned", async () => {
    const { servers, pass, epochs } = await threeServers();
    await servers[0]?.coordinator.close();
    for (const { see } of servers.slice(1)) see(BLIND);
    await pass(4 * POLL);
    expect(epochs().slice(1)).toEqual([2, 2]);
  });

  it("for a lease for a server that was there when its heartbeat was lost", async () => {
    const { servers, pass, epochs, isAway, stored } = await threeServers();
    isAway(true, [2]);
    await stored.forgetHeartbeats();
    // Half of those who may live is no majority.
    servers[0]?.see(BLIND);
    await servers[1]?.coordinator.close();
    await pass(LEASE / 2);
    expect(epochs()[0]).toBe(1);
    await pass(LEASE);
    expect(epochs()[0]).toBe(2);
  });

  it("as its predecessor would have, when the store has lost all heartbeats before it took the lead", async () => {
    const { servers, pass, epochs, isAway, stored } = await threeServers();
    isAway(true, [0, 2]);
    servers[1]?.see(BLIND);
    await pass(LEASE + POLL / 2);
    await stored.forgetHeartbeats();
    await pass(POLL);
    expect([servers[1]?.coordinator.isLeader, epochs()[1]]).toEqual([true, 1]);
  });
});
