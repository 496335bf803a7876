import fc from "fast-check";
import type { Fault, Scenario } from "./scenario.ts";
import {
  arrays,
  cluster,
  EVERYBODY,
  faultsAt,
  kind,
  long,
  ordinaryServer,
  servers,
  serversAt,
  shortly,
  tenths,
} from "./scenario-parts.ts";

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
      servers: fc.oneof(fc.constant(1), fc.constant(EVERYBODY), servers),
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

/** What a leader has decided on arrives when it is true no longer, and another one leads. */
export const lateMoves: fc.Arbitrary<Scenario> = fc
  .record({
    ...cluster,
    first: ordinaryServer(fc.constant(0)),
    followers: arrays(ordinaryServer(tenths(1600, 3000)), 1, 4),
    outageInMs: tenths(2500, 5000),
    diesAt: tenths(7500, 9500),
    lateByMs: tenths(20_000, 60_000),
  })
  .map(({ first, followers, outageInMs, diesAt, lateByMs, ...rest }) => ({
    ...rest,
    servers: [first, ...followers],
    faults: [
      { kind: "partition", at: 6000, forMs: outageInMs, servers: EVERYBODY, endpoint: 0 },
      { kind: "delayed-move", at: 5900, forMs: lateByMs },
      { kind: "crash", at: diesAt, forMs: 2000, server: 0 },
    ],
  }));

/** Servers that have long agreed on the first endpoint when something happens; the first one leads. */
function agreed<Extra>(
  minFollowers: number,
  extra: { [Key in keyof Extra]: fc.Arbitrary<Extra[Key]> },
  faultsOf: (extra: Extra) => readonly Fault[],
): fc.Arbitrary<Scenario> {
  return fc
    .record({
      scenario: fc.record({ ...cluster, failback: fc.constant(false), clients: fc.constant(3) }),
      first: ordinaryServer(fc.constant(0)),
      followers: arrays(ordinaryServer(tenths(2500, 3500)), minFollowers, 4),
      extra: fc.record<Extra>(extra),
    })
    .map(({ scenario, first, followers, extra }) => ({
      ...scenario,
      servers: [first, ...followers],
      faults: faultsOf(extra as Extra),
    }));
}

const onlyFirst = 1;

/** The leader loses nothing but the store, while the others move away and back. */
export const leadersWithoutStore: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(12_000, 14_000), laterInMs: tenths(6000, 14_000) },
  ({ at, laterInMs }) => [
    { kind: "switch", at: 9000, forMs: 0, server: 0, endpoint: 1 },
    { kind: "store", at, forMs: 40_000, servers: onlyFirst, how: "refuses" },
    { kind: "switch", at: at + laterInMs, forMs: 0, server: 1, endpoint: 0 },
  ],
);

/** A leader that does not see the active endpoint any more finds a store that knows nobody. */
export const forgottenVoters: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(12_000, 15_000), aheadInMs: tenths(0, 3000), times: fc.integer({ min: 1, max: 3 }) },
  ({ at, aheadInMs, times }) => [
    { kind: "partition", at: at - aheadInMs, forMs: 15_000, servers: onlyFirst, endpoint: 0 },
    ...Array.from(
      { length: times },
      (_, turn): Fault => ({ kind: "loss", what: "observations", at: at + 300 * turn }),
    ),
  ],
);

/** A leader that does not see the active endpoint any more, and a store that stands still for long. */
export const silentStores: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(12_000, 15_000), aheadInMs: tenths(-8000, 3000), forMs: tenths(12_000, 25_000) },
  ({ at, aheadInMs, forMs }) => [
    { kind: "store-pause", at, forMs },
    { kind: "partition", at: at - aheadInMs, forMs: 40_000, servers: onlyFirst, endpoint: 0 },
  ],
);

/** All move, the leader does not reach those left behind, and another server does. */
export const unreachedStragglers: fc.Arbitrary<Scenario> = agreed(
  1,
  { at: tenths(9000, 12_000), aheadInMs: tenths(1000, 3000) },
  ({ at, aheadInMs }) => [
    { kind: "partition", at: at - aheadInMs, forMs: 90_000, servers: onlyFirst, endpoint: 0 },
    { kind: "switch", at, forMs: 0, server: 1, endpoint: 1 },
  ],
);

/** All move to an endpoint that some of them do not rely on, and there is no other. */
export const flappingTargets: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(9000, 12_000), servers },
  ({ at, servers }) => [
    { kind: "flap", at: at - 2000, forMs: 20_000, servers, endpoint: 1 },
    { kind: "endpoint", at, forMs: 12_000, endpoint: 0, keepsClients: false },
    { kind: "endpoint", at, forMs: 12_000, endpoint: 2, keepsClients: false },
  ],
);

/** The store and all servers are lost together, and who comes back sees another endpoint. */
export const newBeginnings: fc.Arbitrary<Scenario> = agreed(
  0,
  { at: tenths(9000, 12_000) },
  ({ at }) => [
    ...[0, 1, 2, 3, 4].map((server): Fault => ({ kind: "crash", at, forMs: 3000, server })),
    { kind: "loss", what: "everything", at: at + 500 },
    { kind: "endpoint", at: at + 100, forMs: 15_000, endpoint: 0, keepsClients: false },
  ],
);

/**
 * The active endpoint is away for all but the leader, and there is none that enough of them see; when
 * the store has stood still for long, all is well again.
 */
export const staleEvidence: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(14_000, 16_000), forMs: tenths(22_000, 30_000) },
  ({ at, forMs }) => {
    const away = (at: number, servers: number, endpoint: number, until: number): Fault => ({
      kind: "partition",
      at,
      forMs: until - at,
      servers,
      endpoint,
    });
    return [
      away(8000, 3, 1, at + 1000),
      away(8000, 3, 2, at + 1000),
      away(at - 4000, EVERYBODY - onlyFirst, 0, at + 1000),
      { kind: "store-pause", at, forMs },
    ];
  },
);

/** A leader is suspended while it asks whether it may close clients; meanwhile all move back. */
export const suspendedSweepers: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: fc.integer({ min: 10_000, max: 15_000 }), forMs: tenths(12_000, 16_000) },
  ({ at, forMs }) => [
    // It goes on sending clients to where they should not be.
    { kind: "store", at: 8800, forMs: 40_000, servers: 4, how: "refuses" },
    { kind: "switch", at: 9000, forMs: 0, server: 1, endpoint: 1 },
    { kind: "pause", at, forMs, server: 0 },
    { kind: "switch", at: at + 500, forMs: 0, server: 1, endpoint: 0 },
  ],
).map((scenario) => ({ ...scenario, network: { delayInMs: 300, loss: 0 } }));

/** The leader and all that the store knows are lost, and one server does not see the active endpoint. */
export const lostRecords: fc.Arbitrary<Scenario> = agreed(
  2,
  { at: tenths(12_000, 15_000), blind: fc.integer({ min: 1, max: 2 }) },
  ({ at, blind }) => [
    { kind: "crash", at: at - 100, forMs: 20_000, server: 0 },
    { kind: "partition", at: at - 1500, forMs: 15_000, servers: 2 ** blind, endpoint: 0 },
    { kind: "loss", what: "everything", at },
  ],
);
