import fc from "fast-check";
import type { ClockSettings } from "./virtual-clock.ts";

/** Everything that happens to a cluster. Times are milliseconds of the timeline; servers and endpoints are numbers. */
export interface Scenario {
  /** Of the delays and losses of the network and of the servers' own random numbers. */
  readonly seed: number;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  readonly failback: boolean;
  readonly network: Network;
  readonly servers: readonly ServerPlan[];
  readonly faults: readonly Fault[];
}

export interface Network {
  /** The most that a request, or an answer, takes. */
  readonly delayInMs: number;
  /** How many requests, and how many answers, are lost: 0.02 is 2 %. */
  readonly loss: number;
}

export interface ServerPlan {
  readonly startsAt: number;
  readonly clock: ClockSettings;
  /** From a change at an endpoint until this server sees it. */
  readonly detectionInMs: number;
  /** The endpoint that is its primary. */
  readonly primary: number;
  /** An endpoint that it does not know, or knows by another URL. */
  readonly ignorance?: { readonly endpoint: number; readonly isOtherUrl: boolean } | undefined;
}

interface Spell {
  readonly at: number;
  readonly forMs: number;
}

export type Fault =
  /** The process stands still; its timers fire and its answers arrive afterwards. */
  | (Spell & { readonly kind: "pause"; readonly server: number })
  /** It ends, at once or in good order, and comes back under another id. */
  | (Spell & { readonly kind: "crash" | "close"; readonly server: number })
  | (Spell & { readonly kind: "store"; readonly servers: number; readonly how: StoreFault })
  /** The first move of the agreement that is written from then on arrives so much later. */
  | (Spell & { readonly kind: "delayed-move" })
  | (Spell & { readonly kind: "endpoint"; readonly endpoint: number })
  | (Spell & { readonly kind: "partition"; readonly servers: number; readonly endpoint: number })
  | (Spell & { readonly kind: "drain"; readonly server: number; readonly endpoint: number })
  | (Spell & { readonly kind: "switch"; readonly server: number; readonly endpoint: number });

export type StoreFault =
  | "refuses"
  | "loses-requests"
  | "loses-answers"
  | "fails-when-done"
  | "delays-requests"
  | "delays-answers";

export const ENDPOINTS = ["eastus", "westus", "northeurope"] as const;

const maxServers = 9;

const server = fc.nat(maxServers - 1);
/** A bit for each. */
const servers = fc.integer({ min: 1, max: 2 ** maxServers - 1 });
/** Mostly the one that is active first. */
const endpoint = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(ENDPOINTS.length - 1) },
);
const how = fc.constantFrom<StoreFault>(
  "refuses",
  "loses-requests",
  "loses-answers",
  "fails-when-done",
  "delays-requests",
  "delays-answers",
);

const tenths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min / 100, max: max / 100 }).map((count) => count * 100);
const shortly = tenths(100, 6000);
const long = tenths(100, 12_000);

type Time = fc.Arbitrary<number>;
const kind = <Kind extends string>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);

function faultsAt(at: Time, forMs: Time): fc.Arbitrary<Fault> {
  const spell = { at, forMs };
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ ...spell, kind: kind("pause"), server }) },
    { weight: 2, arbitrary: fc.record({ ...spell, kind: kind("crash"), server }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("close"), server }) },
    { weight: 3, arbitrary: fc.record({ ...spell, kind: kind("store"), servers, how }) },
    { weight: 2, arbitrary: fc.record({ ...spell, kind: kind("delayed-move") }) },
    { weight: 5, arbitrary: fc.record({ ...spell, kind: kind("endpoint"), endpoint }) },
    { weight: 7, arbitrary: fc.record({ ...spell, kind: kind("partition"), servers, endpoint }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("drain"), server, endpoint }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("switch"), server, endpoint }) },
  );
}

export const clocks: fc.Arbitrary<ClockSettings> = fc.record({
  offsetInMs: fc.integer({ min: 0, max: 1_000_000 }),
  wallOffsetInMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  drift: fc.integer({ min: -20, max: 20 }).map((thousandths) => thousandths / 1000),
});

function serversAt(startsAt: Time): fc.Arbitrary<ServerPlan> {
  return fc.record({
    startsAt,
    clock: clocks,
    detectionInMs: fc.nat(1500),
    primary: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: endpoint }),
    ignorance: fc.oneof(
      { weight: 24, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.record({ endpoint, isOtherUrl: fc.boolean() }) },
    ),
  });
}

const cluster = {
  /** Nothing that could be made smaller. */
  seed: fc.noShrink(fc.integer()),
  pollIntervalInMs: fc.constant(1000),
  leaseInMs: fc.constantFrom(4000, 4000, 6000, 10_000),
  failback: fc.boolean(),
  network: fc.record({
    delayInMs: fc.integer({ min: 1, max: 300 }),
    loss: fc.constantFrom(0, 0.02),
  }),
};

function arrays<T>(of: fc.Arbitrary<T>, minLength: number, maxLength: number): fc.Arbitrary<T[]> {
  return fc.array(of, { minLength, maxLength, size: "max" });
}

/** Any number of servers come and go at any time. */
const faultsAtAnyTime = fc.record({
  ...cluster,
  servers: arrays(serversAt(fc.oneof(fc.nat(1000), tenths(0, 20_000))), 1, maxServers),
  faults: arrays(faultsAt(tenths(0, 20_000), fc.oneof(shortly, long)), 0, 14),
});

/** Few servers that have agreed, and then everything at once. */
const simultaneousFaults = fc.record({
  ...cluster,
  servers: arrays(serversAt(fc.nat(1000)), 1, 5),
  faults: arrays(faultsAt(tenths(6000, 10_000), fc.oneof(shortly, long)), 2, 8),
});

const afterAgreement = tenths(6000, 10_000);

/** The server that leads sees something, decides, and is disturbed in that very moment. */
export const disturbedLeaders: fc.Arbitrary<Scenario> = fc
  .record({
    ...cluster,
    first: serversAt(fc.constant(0)),
    followers: arrays(serversAt(tenths(1600, 3000)), 0, 4),
    seen: fc.record({
      kind: kind("partition"),
      at: tenths(5500, 6500),
      forMs: fc.oneof(tenths(1500, 6000), tenths(1500, 20_000)),
      // Only the leader, all, or anyone.
      servers: fc.oneof(fc.constant(1), fc.constant(2 ** maxServers - 1), servers),
      endpoint: fc.constant(0),
    }),
    disturbances: arrays(
      fc.record({
        kind: fc.constantFrom("pause" as const, "pause" as const, "crash" as const),
        at: fc.integer({ min: 6500, max: 9500 }),
        forMs: fc.oneof(tenths(1000, 5000), tenths(1000, 16_000)),
        server: fc.constant(0),
      }),
      1,
      3,
    ),
    late: arrays(
      fc.record({
        kind: kind("delayed-move"),
        at: tenths(6000, 7000),
        forMs: tenths(4000, 45_000),
      }),
      0,
      1,
    ),
    more: arrays(faultsAt(afterAgreement, fc.oneof(shortly, long)), 0, 4),
  })
  .map(({ first, followers, seen, disturbances, late, more, ...rest }) => ({
    ...rest,
    servers: [first, ...followers],
    faults: [seen, ...disturbances, ...late, ...more],
  }));

/** Whatever may happen to a cluster, as long as it ends. */
export const scenarios: fc.Arbitrary<Scenario> = fc.noBias(
  fc.oneof(
    { weight: 1, arbitrary: faultsAtAnyTime },
    { weight: 1, arbitrary: simultaneousFaults },
    { weight: 2, arbitrary: disturbedLeaders },
  ),
);

const ordinaryServer = (startsAt: Time): fc.Arbitrary<ServerPlan> =>
  fc.record({
    startsAt,
    clock: clocks,
    detectionInMs: fc.nat(1500),
    primary: fc.constant(0),
  });

const process = fc.constantFrom("pause" as const, "crash" as const, "close" as const);

/** Servers come and go and lose the store, and all that time every endpoint is well. */
export const deployments: fc.Arbitrary<Scenario> = fc.noBias(
  fc.record({
    ...cluster,
    servers: arrays(ordinaryServer(tenths(0, 20_000)), 1, maxServers),
    faults: arrays(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fc.record({ kind: process, at: tenths(0, 20_000), forMs: long, server }),
        },
        {
          weight: 1,
          arbitrary: fc.record({
            kind: kind("store"),
            at: tenths(0, 20_000),
            forMs: long,
            servers,
            how,
          }),
        },
      ),
      1,
      14,
    ),
  }),
);

/** The active endpoint fails for most of the servers that live, and nothing else but perhaps the leader. */
export interface Outage {
  readonly scenario: Scenario;
  readonly at: number;
  /** When the leader ends, if it does. */
  readonly leaderDiesAt: number | undefined;
}

const AGREED_BY = 12_000;
const FOR_EVER = 40_000;

export const outages: fc.Arbitrary<Outage> = fc.noBias(
  fc
    .record({
      ...cluster,
      network: fc.record({ delayInMs: fc.integer({ min: 1, max: 50 }), loss: fc.constant(0) }),
      leader: ordinaryServer(fc.constant(0)),
      followers: arrays(ordinaryServer(tenths(2500, 4000)), 0, maxServers - 1),
      at: fc.integer({ min: AGREED_BY, max: AGREED_BY + 4000 }),
      dies: fc.option(fc.integer({ min: -4000, max: 2000 }), { nil: undefined }),
      order: fc.noShrink(fc.array(fc.double({ noNaN: true }), { minLength: 9, maxLength: 9 })),
      blind: fc.nat(maxServers),
    })
    .map(({ leader, followers, at, dies, order, blind, ...rest }) => {
      const plans = [leader, ...followers];
      const leaderDiesAt = dies === undefined || followers.length === 0 ? undefined : at + dies;
      const voters = [...plans.keys()]
        .filter((index) => leaderDiesAt === undefined || index > 0)
        .sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0));
      const minority = Math.ceil(voters.length / 2) - 1;
      const affected = voters.slice(blind % (minority + 1));
      const faults: Fault[] = [
        {
          kind: "partition",
          at,
          forMs: FOR_EVER,
          endpoint: 0,
          servers: affected.reduce((bits, index) => bits + 2 ** index, 0),
        },
      ];
      if (leaderDiesAt !== undefined) {
        faults.push({ kind: "crash", at: leaderDiesAt, forMs: FOR_EVER, server: 0 });
      }
      const scenario = { ...rest, failback: false, servers: plans, faults };
      return { scenario, at, leaderDiesAt };
    }),
);
