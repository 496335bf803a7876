import fc from "fast-check";
import { faultKinds, type Shape, some, storiesWith, within } from "./stories.ts";
import { type Fault, STREAMS, type Story } from "./story.ts";

/*
 * Stories in which one rule matters more than all others, so that few of them are enough to notice
 * that it is missing.
 */

const movements = fc.oneof(faultKinds.cut, faultKinds.move, faultKinds.offline);
const moves = fc.oneof(faultKinds.cut, faultKinds.move);

const only = (faults: readonly fc.Arbitrary<Fault>[], min = 2, max = 8): Shape => ({
  faults: some(fc.oneof(...faults), min, max),
});

/** Clients come and go, and nothing else fails. */
export const movingClients = storiesWith({ ...only([moves], 4, 12), clients: [3, 8] });

/** As `movingClients`, and their requests fail. */
export const offlineClients = storiesWith({ ...only([movements], 4, 12), clients: [3, 8] });

/** As `movingClients`, with a store that keeps little. */
export const shortHistories = storiesWith({
  ...only([moves], 4, 12),
  clients: [3, 8],
  maxMessages: fc.constant(2),
});

/** Clients join while messages come. */
export const lateJoins = storiesWith({ ...only([moves], 0, 6), clients: [8, 12] });

/** Many join while messages come, and what the store answers to one of the servers is late. */
export const crowdedJoins = storiesWith({
  faults: some(
    fc.record({
      kind: fc.constant("store" as const),
      at: within(1500, 3000),
      forMs: within(200, 500),
      mask: fc.constant(1),
      how: fc.constant("delays-answers" as const),
    }),
    3,
    5,
  ),
  servers: [2, 2],
  clients: [12, 16],
  connectsAt: within(1500, 2800),
  delayInMs: 10,
  sends: some(
    fc.record({
      at: within(1600, 3200),
      server: fc.constant(1),
      stream: fc.constant(1),
      excluded: fc.constant(undefined),
      published: fc.constant(undefined),
    }),
    20,
    40,
  ),
});

/** Sends are not accepted, or nobody knows. */
export const unsureSends = storiesWith(
  only(
    [
      faultKinds.send.filter(({ how }) => how !== "gray"),
      faultKinds.send.filter(({ how }) => how !== "gray"),
      faultKinds.crash,
    ],
    4,
    10,
  ),
);

/** Sends are accepted, and nobody gets them. */
export const graySends = storiesWith(
  only([faultKinds.send.filter(({ how }) => how === "gray")], 3, 6),
);

/** Servers do not reach the store, or it does not answer. */
export const lostStores = storiesWith({
  ...only([faultKinds.store, faultKinds.store, moves], 6, 14),
  clients: [3, 8],
});

/** Servers do not reach the store, and some regions do not get what they send. */
export const lostSends = storiesWith(
  only([faultKinds.store, faultKinds.send.filter(({ how }) => how === "unsure-lost")], 6, 12),
);

/** The store has an append, and its server does not know, or it has it late. */
export const lateAppends = storiesWith(
  only([faultKinds.store.filter(({ how }) => how !== "refuses" && how !== "loses-requests")], 3, 8),
);

/** All servers are killed, and by the time that they are back the store has lost its tail. */
export const restartsAtFailover: fc.Arbitrary<Story> = fc
  .record({
    story: storiesWith({ faults: fc.constant([]) }),
    at: within(3000, 6000),
    lagInMs: within(200, 2000),
  })
  .map(({ story, at, lagInMs }) => ({
    ...story,
    faults: [
      ...story.servers.map((_, server): Fault => ({ kind: "crash", at, forMs: 100, server })),
      { kind: "failover", at: at + 50, lagInMs, isTold: true },
    ],
  }));

/** The store loses its tail, and nobody is told that its connection leads to another one. */
export const silentFailovers = storiesWith({
  faults: some(
    fc
      .record({ fault: faultKinds.failover, lagInMs: within(300, 3000) })
      .map(({ fault, lagInMs }): Fault => ({ ...fault, lagInMs, isTold: false })),
    1,
    2,
  ),
});

/** Some servers go on with the store as it was, and come over unawares. */
export const silentZombies = storiesWith({
  faults: some(
    faultKinds.zombie.map((fault): Fault => ({ ...fault, isTold: false })),
    1,
    2,
  ),
});

/** As `silentZombies`; what a server sends last, it sends just before it comes over, and then it is silent. */
export const lastWordsOfZombies: fc.Arbitrary<Story> = fc
  .record({
    story: storiesWith({ faults: fc.constant([]), servers: [4, 9], sends: fc.constant([]) }),
    at: within(3000, 5000),
    forMs: within(500, 2000),
    beforeInMs: within(1, 60),
    stream: fc.nat(STREAMS.length - 1),
  })
  .map(({ story, at, forMs, beforeInMs, stream }) => ({
    ...story,
    sends: [at - 1000, at + forMs - beforeInMs].map((sentAt) => ({
      at: sentAt,
      server: 0,
      stream,
      excluded: undefined,
      published: undefined,
    })),
    faults: [{ kind: "zombie", at, forMs, mask: 1, lagInMs: 0, isTold: false }],
  }));

/** Epochs end, for all kinds of reasons. */
export const newEpochs = storiesWith(
  only([faultKinds.failover, faultKinds.zombie, faultKinds.eviction, faultKinds.move], 3, 8),
);

/** All that may happen to what a user publishes. */
export const publications = storiesWith({
  ...only([faultKinds.store, faultKinds.crash], 2, 6),
  sends: some(
    fc.record({
      at: within(1500, 8000),
      server: fc.nat(8),
      stream: fc.nat(2),
      excluded: fc.constant(undefined),
      published: fc.record({ again: fc.nat(8) }),
    }),
    10,
    30,
  ),
});

/** Messages that exclude somebody, and sends that fail. */
export const exclusions = storiesWith({
  ...only([faultKinds.send.filter(({ how }) => how !== "gray")], 3, 8),
  sends: some(
    fc.record({
      at: within(1500, 8000),
      server: fc.nat(8),
      stream: fc.nat(2),
      excluded: fc.nat(11),
      published: fc.constant(undefined),
    }),
    10,
    40,
  ),
});
