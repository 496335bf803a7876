import { writeHeartbeat } from "../../src/coordination/heartbeat.ts";
import {
  departedPeers,
  type Membership,
  presentPeers,
  UNREAD_MEMBERSHIP,
  updateMembership,
  voters,
} from "../../src/coordination/membership.ts";
import { observation } from "./support/observations.ts";

const LEASE = 1000;

/** What is found at a time: `a5 east+` is the fifth heartbeat of server `a`. */
type Read = readonly [at: number, ...heartbeats: string[]];

function membershipAfter(reads: readonly Read[]): Membership {
  return reads.reduce((before, [at, ...heartbeats]) => {
    const texts = heartbeats.map((heartbeat): [string, string] => {
      const [, server = "", sequence, seen = ""] = /^([a-z])(\d+) (.*)$/.exec(heartbeat) ?? [];
      const text =
        seen === "nonsense"
          ? `${seen} ${sequence}`
          : writeHeartbeat(observation(seen), Number(sequence));
      return [server, text];
    });
    return updateMembership(before, new Map(texts), at);
  }, UNREAD_MEMBERSHIP);
}

const states = (membership: Membership): string =>
  voters(membership, LEASE)
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
      [
        [0, "a5 east-"],
        [100, "a6 east-"],
        [1101, "a6 east-"],
      ],
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
      [
        [0, "a5 east-"],
        [100, "a6 east+"],
        [1200, "a5 east-"],
      ],
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
      "do not count once the heartbeat was removed",
      [[0, "a5 east-"], [100, "a6 east-"], [200]],
      "",
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
    [100, "a5 east-", "b1 east+"],
  ]);
  expect([...presentPeers(membership, LEASE, now).keys()]).toEqual(expected);
});

it.each([
  [3000, []],
  [3001, ["a"]],
])(
  "peers without a new heartbeat for more than three leases have departed: at %d %j",
  (now, expected) => {
    const membership = membershipAfter([
      [0, "a5 east-"],
      [now, "a5 east-", "b1 east+"],
    ]);
    expect(departedPeers(membership, LEASE)).toEqual(expected);
  },
);
