import fc from "fast-check";
import {
  type CallFault,
  ENDPOINTS,
  type Fault,
  type Scenario,
  type ServerPlan,
  type StoreFault,
} from "./scenario.ts";
import type { ClockSettings } from "./virtual-clock.ts";

export const maxServers = 9;

/** All servers, as bits. */
export const EVERYBODY = 2 ** maxServers - 1;

export type Time = fc.Arbitrary<number>;

const server = fc.nat(maxServers - 1);
/** A bit for each. */
export const servers = fc.integer({ min: 1, max: EVERYBODY });
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
const callFault = fc.constantFrom<CallFault>("loses-requests", "loses-answers", "late");

export const tenths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min / 100, max: max / 100 }).map((count) => count * 100);
export const shortly = tenths(100, 6000);
export const long = tenths(100, 12_000);

export const kind = <Kind extends string>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);

/** Of processes and of the ways to the store. */
export function faultsOfServers(at: Time, forMs: Time): fc.Arbitrary<Fault> {
  const process = fc.constantFrom("pause" as const, "crash" as const, "close" as const);
  return fc.oneof(
    { weight: 6, arbitrary: fc.record({ at, forMs, kind: process, server }) },
    { weight: 2, arbitrary: fc.record({ at, forMs, kind: kind("store"), servers, how }) },
    { weight: 1, arbitrary: fc.record({ at, forMs, kind: kind("store-pause") }) },
    { weight: 1, arbitrary: lossesOfObservations(at) },
  );
}

export function faultsAt(at: Time, forMs: Time): fc.Arbitrary<Fault> {
  const spell = { at, forMs };
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ ...spell, kind: kind("pause"), server }) },
    { weight: 2, arbitrary: fc.record({ ...spell, kind: kind("crash"), server }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("close"), server }) },
    { weight: 3, arbitrary: fc.record({ ...spell, kind: kind("store"), servers, how }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("store-pause") }) },
    { weight: 1, arbitrary: lossesOfObservations(at) },
    { weight: 2, arbitrary: fc.record({ ...spell, kind: kind("delayed-move") }) },
    {
      weight: 5,
      arbitrary: fc.record({
        ...spell,
        kind: kind("endpoint"),
        endpoint,
        keepsClients: fc.boolean(),
      }),
    },
    { weight: 7, arbitrary: fc.record({ ...spell, kind: kind("partition"), servers, endpoint }) },
    { weight: 2, arbitrary: fc.record({ ...spell, kind: kind("flap"), servers, endpoint }) },
    {
      weight: 2,
      arbitrary: fc.record({ ...spell, kind: kind("calls"), servers, endpoint, how: callFault }),
    },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("drain"), server, endpoint }) },
    { weight: 1, arbitrary: fc.record({ ...spell, kind: kind("switch"), server, endpoint }) },
  );
}

function lossesOfObservations(at: Time): fc.Arbitrary<Fault> {
  return fc.record({ at, kind: kind("loss"), what: fc.constant("observations" as const) });
}

/** The store forgets an agreement, or gives two to different servers. */
export function lossesAt(at: Time, forMs: Time): fc.Arbitrary<Fault> {
  const lagInMs = fc.oneof(tenths(0, 2000), long);
  return fc.oneof(
    fc.record({ at, kind: kind("loss"), what: fc.constant("everything" as const) }),
    fc.record({ at, kind: kind("failover"), lagInMs }),
    fc.record({
      at,
      forMs,
      kind: kind("split"),
      servers,
      lagInMs: fc.oneof(fc.constant(0), lagInMs),
    }),
  );
}

export const clocks: fc.Arbitrary<ClockSettings> = fc.record({
  offsetInMs: fc.integer({ min: 0, max: 1_000_000 }),
  wallOffsetInMs: fc.integer({ min: -86_400_000, max: 86_400_000 }),
  drift: fc.integer({ min: -20, max: 20 }).map((thousandths) => thousandths / 1000),
});

export function serversAt(startsAt: Time): fc.Arbitrary<ServerPlan> {
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

/** Knows all endpoints. */
export const ordinaryServer = (startsAt: Time): fc.Arbitrary<ServerPlan> =>
  fc.record({ startsAt, clock: clocks, detectionInMs: fc.nat(1500), primary: fc.constant(0) });

export const cluster = {
  /** Nothing that could be made smaller. */
  seed: fc.noShrink(fc.integer()),
  pollIntervalInMs: fc.constant(1000),
  leaseInMs: fc.constantFrom(4000, 4000, 6000, 10_000),
  failback: fc.boolean(),
  network: fc.record({
    delayInMs: fc.integer({ min: 1, max: 300 }),
    loss: fc.constantFrom(0, 0.02),
  }),
  clients: fc.nat(4),
} satisfies { [Key in keyof Scenario]?: fc.Arbitrary<Scenario[Key]> };

export function arrays<T>(
  of: fc.Arbitrary<T>,
  minLength: number,
  maxLength: number,
): fc.Arbitrary<T[]> {
  return fc.array(of, { minLength, maxLength, size: "max" });
}
