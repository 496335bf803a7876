import { writeHeartbeat } from "../../src/coordination/heartbeat.ts";
import {
  departedPeers,
  type Membership,
  presentPeers,
  UNREAD_MEMBERSHIP,
  updateMembership,
  votesOf,
} from "../../src/coordination/membership.ts";
import { observation } from "./support/observations.ts";

const LEASE = 1000;
/** So much of the time between two reads counts as listening. */
const STEP = 300;

/** What is found at a time: `a5 east+` is the fifth heartbeat of server `a`, `a6 left` its last one, `=ab` whom the record names. */
type Read = readonly [at: number, ...heartbeats: string[]];

function membershipAfter(reads: readonly Read[]): Membership {
  return reads.reduce((before, [readAt, ...words]) => {
    const named = words.find((word) => word.startsWith("="))?.slice(1);
    const texts = new Map(words.filter((word) => !word.startsWith("=")).map(heartbeat));
    const lease = { leaseInMs: LEASE, maxStepInMs: STEP };
    return updateMembership(before, {
      texts,
      readAt,
      named: named === undefined ? named : [...named],
      ...lease,
    });
  }, UNREAD_MEMBERSHIP);
}

function heartbeat(word: string): [string, string] {
  const [, server = "", number, seen = ""] = /^([a-z])(\d+) (.*)$/.exec(word) ?? [];
  if (seen === "nonsense") return [server, `${seen} ${number}`];
  const sequence = Number(number);
  const hasLeft = seen === "left" ? ({ hasLeft: true } as const) : {};
  const endpoints = observation(seen === "left" ? "east+" : seen);
  return [server, writeHeartbeat({ sequence, endpoints, ...hasLeft })];
}

/** The same words at each read, in steps that all count. */
function readsUntil(end: number, from: number, ...words: string[]): Read[] {
  const reads: Read[] = [];
  for (let at = from; at < end; at += STEP) reads.push([at, ...words]);
  return [...reads, [end, ...words]];
}

const states = (membership: Membership): string =>
  [...votesOf(membership, LEASE).values()]
    .map((seen) => seen.map(({ name, state }) => `${name} ${state}`).join(", ") || "knows nothing")
    .join(" / ");

describe("the votes of the peers that may live", () => {
  it.each<[string, Read[], string]>([
    ["count what was found at the first read as not known", [[0, "a5 east-"]], "east unknown"],
    [
      "count as not known without a new heartbeat since the first read",
      [
        [0, "a5 east-"],
        [900, "a5 east-"],
      ],
      "east unknown",
    ],
    [
      "count with a new heartbeat since the first read",
      [
        [0, "a5 east-"],
        [900, "a6 east-"],
      ],
      "east unhealthy",
    ],
    [
      "count those of a peer that has come since the first read",
      [
        [0, "a5 east-"],
        [900, "a5 east-", "b1 east+"],
      ],
      "east unknown / east healthy",
    ],
    [
      "count as not known if the new heartbeat may be as old as the last read, before a lease",
      [
        [0, "a5 east-"],
        [1001, "a6 east-"],
      ],
      "east unknown",
    ],
    [
      "do not count after a lease without a new heartbeat",
      [[0, "a5 east-"], ...readsUntil(1101, 100, "a6 east-")],
      "",
    ],
    [
      "are not turned back by an older heartbeat that arrives late",
      [
        [0, "a5 east-"],
        [100, "a6 east+"],
        [200, "a5 east-"],
      ],
      "east healthy",
    ],
    [
      "are not prolonged by an older heartbeat that arrives late",
      [[0, "a5 east-"], [100, "a6 east+"], ...readsUntil(1200, 400, "a5 east-")],
      "",
    ],
    [
      "count a heartbeat that is not understood as one that knows no endpoint",
      [
        [0, "a5 east-"],
        [100, "a6 nonsense"],
        [200, "a7 nonsense"],
      ],
      "knows nothing",
    ],
    [
      "do not count once the server has left",
      [
        [0, "a5 east-"],
        [100, "a6 east-"],
        [200, "a7 left"],
      ],
      "",
    ],
    ["do not count for a server that had left before the first read", [[0, "a7 left"]], ""],
    [
      "count for a lease when the store has lost the heartbeat",
      [[0, "a5 east-"], [100, "a6 east-"], ...readsUntil(1000, 400)],
      "east unhealthy",
    ],
    [
      "count for a lease when the store has lost the heartbeat, as not known in the end",
      [[0, "a5 east-"], [100, "a6 east-"], ...readsUntil(1100, 400)],
      "east unknown",
    ],
    [
      "do not count any more then",
      [[0, "a5 east-"], [100, "a6 east-"], ...readsUntil(1101, 400)],
      "",
    ],
    [
      "count when the store was away for longer than a lease, as not known",
      [[0, "a5 east-"], [100, "a6 east-"], [5000, "a6 east-"], [5300]],
      "east unknown",
    ],
    [
      "count as not known for one whom only the record names",
      [[0, "a5 east+", "=ab"]],
      "east unknown / knows nothing",
    ],
    [
      "do not count for one who was not heard of for a lease, whom the record still names",
      readsUntil(1001, 0, "=b"),
      "",
    ],
    [
      "count for one whom the record names as soon as it is heard of",
      [
        [0, "=b"],
        [100, "b1 east+", "=b"],
      ],
      "east healthy",
    ],
  ])("%s", (_, reads, expected) => {
    expect(states(membershipAfter(reads))).toBe(expected);
  });
});

it.each([
  [1000, ["a", "b"]],
  [1001, ["b"]],
  [1101, []],
])("peers with a new heartbeat within the lease are present: at %d %j", (now, expected) => {
  const membership = membershipAfter([
    [0, "a5 east-"],
    ...readsUntil(now, 100, "a5 east-", "b1 east+", "=c"),
  ]);
  expect([...presentPeers(membership, LEASE).keys()]).toEqual(expected);
});

it.each([
  [1000, []],
  [1001, ["a"]],
])(
  "peers without a new heartbeat for more than a lease have departed: at %d %j",
  (now, expected) => {
    const membership = membershipAfter(readsUntil(now, 0, "a5 east-"));
    expect(departedPeers(membership, LEASE)).toEqual(expected);
  },
);

it("peers that have left have departed at once", () => {
  expect(departedPeers(membershipAfter([[0, "a5 left", "b1 east+"]]), LEASE)).toEqual(["a"]);
});

it.each<[string, Read[], number]>([
  ["nothing at the first read", [[0]], 0],
  ["the time between reads", [[0], [100], [300]], 300],
  ["no more than a step while the store was away", [[0], [9000]], STEP],
  [
    "nothing while the record knows who may live",
    [
      [0, "=a"],
      [100, "=a"],
    ],
    0,
  ],
  ["anew when it knows them no more", [[0], [100], [200, "=a"], [300]], 100],
])("as listened to counts %s", (_, reads, expected) => {
  expect(membershipAfter(reads).listenedInMs).toBe(expected);
});
