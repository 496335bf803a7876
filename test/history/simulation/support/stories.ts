import fc from "fast-check";
import {
  type ClientPlan,
  type Fault,
  type SendFault,
  type SendPlan,
  type ServerPlan,
  STREAMS,
  type StoreFault,
  type Story,
} from "./story.ts";

const STORE_FAULTS: readonly StoreFault[] = [
  "refuses",
  "loses-requests",
  "loses-answers",
  "fails-when-done",
  "delays-requests",
  "delays-answers",
];
const SEND_FAULTS: readonly SendFault[] = ["unsure-sent", "unsure-lost", "gray", "refused", "late"];

const BEGINS_AT = 1500;
const ENDS_AT = 8000;

export const within = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
export const some = <T>(
  one: fc.Arbitrary<T>,
  minLength: number,
  maxLength: number,
): fc.Arbitrary<T[]> => fc.array(one, { minLength, maxLength, size: "max" });

const at = within(BEGINS_AT, ENDS_AT);
const forMs = fc.oneof(within(10, 400), within(400, 3000));
export const lagInMs = fc.oneof(within(0, 50), within(50, 2000));
export const mask = within(1, 511);
const server = fc.nat(8);
const client = fc.nat(11);
const region = fc.nat(2);

const serverPlans = (startsAt: fc.Arbitrary<number>): fc.Arbitrary<ServerPlan> =>
  fc.record({
    startsAt,
    clock: fc.record({
      offsetInMs: fc.nat(1_000_000),
      wallOffsetInMs: fc.integer({ min: -5000, max: 5000 }),
      drift: fc.integer({ min: -2, max: 2 }).map((percent) => percent / 100),
    }),
  });

const clientPlans = (startsAt: fc.Arbitrary<number>): fc.Arbitrary<ClientPlan> =>
  fc.record({
    startsAt,
    isPlain: within(0, 4).map((one) => one === 0),
    joinsInMs: fc.oneof(within(0, 100), within(100, 2000)),
  });

const sendPlans: fc.Arbitrary<SendPlan> = fc.record({
  at,
  server,
  stream: fc.nat(STREAMS.length - 1),
  excluded: fc.option(client, { freq: 4, nil: undefined }),
  published: fc.option(fc.record({ again: fc.option(server, { freq: 2, nil: undefined }) }), {
    freq: 4,
    nil: undefined,
  }),
});

/** Several messages of one server in a row. */
const bursts: fc.Arbitrary<SendPlan[]> = fc
  .record({ first: sendPlans, times: within(1, 6), everyMs: within(0, 30) })
  .map(({ first, times, everyMs }) =>
    Array.from({ length: times }, (_, index) => ({ ...first, at: first.at + index * everyMs })),
  );

/** What may happen to servers, store, regions and clients. */
export const faultKinds = {
  pause: fc.record({ kind: fc.constant("pause" as const), at, forMs, server }),
  crash: fc.record({ kind: fc.constant("crash" as const), at, forMs, server }),
  close: fc.record({ kind: fc.constant("close" as const), at, forMs, server }),
  store: fc.record({
    kind: fc.constant("store" as const),
    at,
    forMs,
    mask,
    how: fc.constantFrom(...STORE_FAULTS),
  }),
  failover: fc.record({
    kind: fc.constant("failover" as const),
    at,
    lagInMs,
    isTold: fc.boolean(),
  }),
  zombie: fc.record({
    kind: fc.constant("zombie" as const),
    at,
    forMs,
    mask,
    lagInMs,
    isTold: fc.boolean(),
  }),
  eviction: fc.record({ kind: fc.constant("eviction" as const), at, mask: within(1, 7) }),
  send: fc.record({
    kind: fc.constant("send" as const),
    at,
    forMs,
    mask,
    region,
    how: fc.constantFrom(...SEND_FAULTS),
    share: fc.constantFrom(0.3, 1),
  }),
  region: fc.record({ kind: fc.constant("region" as const), at, forMs, region }),
  cut: fc.record({ kind: fc.constant("cut" as const), at, client, backInMs: forMs }),
  move: fc.record({
    kind: fc.constant("move" as const),
    at,
    client,
    region,
    oldFramesInMs: forMs,
  }),
  reload: fc.record({ kind: fc.constant("reload" as const), at, client }),
  offline: fc.record({ kind: fc.constant("offline" as const), at, forMs, client }),
} satisfies Record<Fault["kind"], fc.Arbitrary<Fault>>;

const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  ...Object.values<fc.Arbitrary<Fault>>(faultKinds),
  faultKinds.store,
  faultKinds.send,
);

export interface Shape {
  readonly faults: fc.Arbitrary<Fault[]>;
  readonly servers?: readonly [number, number];
  readonly clients?: readonly [number, number];
  readonly startsAt?: fc.Arbitrary<number>;
  readonly maxMessages?: fc.Arbitrary<number>;
  readonly sends?: fc.Arbitrary<SendPlan[]>;
  readonly delayInMs?: number;
  readonly connectsAt?: fc.Arbitrary<number>;
}

const usualConnects = fc.oneof(within(300, 1000), within(1000, ENDS_AT));

const usualSends: fc.Arbitrary<SendPlan[]> = some(bursts, 3, 12).map((all) => all.flat());

/** Stories of which all is as usual but what is given. */
export function storiesWith(shape: Shape): fc.Arbitrary<Story> {
  const [minServers, maxServers] = shape.servers ?? [3, 4];
  const [minClients, maxClients] = shape.clients ?? [2, 6];
  return fc.noBias(
    fc
      .record({
        seed: fc.nat(),
        regions: within(2, 3),
        servers: some(serverPlans(shape.startsAt ?? within(0, 300)), minServers, maxServers),
        clients: some(clientPlans(shape.connectsAt ?? usualConnects), minClients, maxClients),
        sends: shape.sends ?? usualSends,
        faults: shape.faults,
        delayInMs:
          shape.delayInMs === undefined ? fc.constantFrom(2, 10, 40) : fc.constant(shape.delayInMs),
        maxMessages: shape.maxMessages ?? fc.constantFrom(1000, 1000, 5),
      })
      .map(inRange),
  );
}

/** Whatever may happen to a hub, as long as it ends. */
export const stories: fc.Arbitrary<Story> = fc.oneof(
  { weight: 12, arbitrary: storiesWith({ faults: some(anyFault, 0, 8) }) },
  {
    weight: 3,
    arbitrary: storiesWith({
      faults: some(anyFault, 4, 14),
      servers: [3, 9],
      clients: [3, 8],
      startsAt: fc.oneof(within(0, 300), within(0, ENDS_AT)),
    }),
  },
  {
    weight: 1,
    arbitrary: storiesWith({ faults: some(anyFault, 1, 6), servers: [3, 9], clients: [30, 50] }),
  },
);

/** Numbers are drawn without regard to how many there are. */
function inRange(story: Story): Story {
  const [servers, clients, regions] = [story.servers.length, story.clients.length, story.regions];
  const faults = story.faults.map((fault): Fault => {
    const placed: Record<string, unknown> = { ...fault };
    if ("server" in fault) placed.server = fault.server % servers;
    if ("client" in fault) placed.client = fault.client % clients;
    if ("region" in fault) placed.region = fault.region % regions;
    return placed as unknown as Fault;
  });
  const sends = story.sends.map((send) => ({
    ...send,
    server: send.server % servers,
    excluded: send.excluded === undefined ? undefined : send.excluded % clients,
    published: send.published && {
      again: send.published.again === undefined ? undefined : send.published.again % servers,
    },
  }));
  return { ...story, faults, sends };
}
