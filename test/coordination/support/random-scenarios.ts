import fc from "fast-check";
import type { Fault, Scenario } from "./scenario.ts";
import {
  arrays,
  cluster,
  faultsAt,
  faultsOfServers,
  long,
  lossesAt,
  maxServers,
  ordinaryServer,
  serversAt,
  shortly,
  type Time,
  tenths,
} from "./scenario-parts.ts";
import { disturbedLeaders } from "./targeted-scenarios.ts";

/** A third of the scenarios lose agreements too: of the others more can be asked. */
function withLosses(scenarios: fc.Arbitrary<Scenario>, at: Time): fc.Arbitrary<Scenario> {
  const losses = fc.oneof(
    { weight: 2, arbitrary: fc.constant<Fault[]>([]) },
    { weight: 1, arbitrary: arrays(lossesAt(at, long), 1, 3) },
  );
  return fc
    .record({ scenario: scenarios, losses })
    .map(({ scenario, losses }) => ({ ...scenario, faults: [...scenario.faults, ...losses] }));
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

/** Whatever may happen to a cluster, as long as it ends. */
export const scenarios: fc.Arbitrary<Scenario> = fc.noBias(
  fc.oneof(
    { weight: 1, arbitrary: withLosses(faultsAtAnyTime, tenths(0, 20_000)) },
    { weight: 1, arbitrary: withLosses(simultaneousFaults, tenths(6000, 14_000)) },
    { weight: 2, arbitrary: withLosses(disturbedLeaders, tenths(6000, 14_000)) },
  ),
);

/** Servers come and go and lose the store, which may forget them, and all that time every endpoint is well. */
export const deployments: fc.Arbitrary<Scenario> = fc.noBias(
  fc.record({
    ...cluster,
    failback: fc.constant(false),
    servers: arrays(ordinaryServer(tenths(0, 20_000)), 1, maxServers),
    faults: arrays(faultsOfServers(tenths(0, 20_000), long), 1, 14),
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
