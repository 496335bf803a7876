import {
  decide,
  type KnownRecord,
  resign,
  type Situation,
  switchActive,
} from "../../src/coordination/decision.ts";
import { isMajority } from "../../src/coordination/votes.ts";
import { agreement, observation, observations } from "./support/observations.ts";

const LEASE = 9000;
const NOW = 100_000;
const HEALTHY = "east+ west+";
const UNHEALTHY = "east- west+";

interface Case {
  /** `3 east` by `me`, `other` or `nobody`; nothing when the store has no record. */
  readonly record?: string;
  readonly leader?: "me" | "other" | null;
  readonly ageInMs?: number;
  readonly answered?: string;
  /** The most renewals of all records that were seen. */
  readonly seenRenewals?: number;
  readonly own?: string;
  readonly peers?: string;
  /** The servers that the record names; those that may live, unless they are given. Null for a record that knows none. */
  readonly voters?: readonly string[] | null;
  readonly hasAllPeers?: boolean;
  readonly failbackTo?: string;
}

function situationOf({ record, leader = "me", ageInMs = 0, answered, ...rest }: Case): Situation {
  const peers = new Map(observations(rest.peers ?? "").map((seen, index) => [`p${index}`, seen]));
  const { voters = ["me", ...peers.keys()] } = rest;
  const known: KnownRecord | undefined =
    record === undefined
      ? undefined
      : {
          record: { agreement: agreement(record), leader, renewals: 7, ...(voters && { voters }) },
          version: "v",
          since: NOW - ageInMs,
        };
  return {
    self: "me",
    now: NOW,
    wallClock: 5,
    known,
    answered: answered === undefined ? known?.record.agreement : agreement(answered),
    renewals: rest.seenRenewals ?? 0,
    own: observation(rest.own ?? "east+ west+"),
    incarnation: "new",
    peers,
    hasAllPeers: rest.hasAllPeers ?? false,
    failbackTo: rest.failbackTo === undefined ? undefined : observation(`${rest.failbackTo}+`)[0],
    leaseInMs: LEASE,
  };
}

/** `4 west (active-unhealthy) me 8`: the agreement, who leads and the count of renewals. */
function decided(given: Case): string {
  const next = decide(situationOf(given));
  if (next === undefined) return "nothing";
  const { epoch, active, url, reason } = next.agreement;
  const mark = url.includes("other-") ? "'" : "";
  return `${epoch} ${active}${mark} (${reason}) ${next.leader} ${next.renewals}`;
}

describe("a server that finds no record writes", () => {
  it.each<[string, Case, string]>([
    ["its first healthy endpoint", { own: "east+ west+" }, "1 east (first) me 1"],
    ["the next one when that is unhealthy", { own: "east- west+" }, "1 west (first) me 1"],
    ["none that is drained", { own: "east~ west+" }, "1 west (first) me 1"],
    ["nothing before a better one has answered", { own: "east? west+" }, "nothing"],
    ["without waiting for a worse one", { own: "east+ west?" }, "1 east (first) me 1"],
    ["nothing when none is healthy", { own: "east- west? north~" }, "nothing"],
    ["nothing when it knows none", { own: "" }, "nothing"],
    [
      "what it answers with when the store has lost it",
      { own: "east+", answered: "4 west" },
      "4 west (first) me 1",
    ],
  ])("%s", (_, given, expected) => {
    expect(decided(given)).toBe(expected);
  });
});

describe("the servers that the record names", () => {
  const votersOf = (given: Case) => decide(situationOf({ record: "3 east", ...given }))?.voters;
  it.each<[string, Case, readonly string[] | undefined]>([
    ["are those that the leader knows", { voters: ["me"], peers: HEALTHY }, ["me", "p0"]],
    ["are without one that is gone", { voters: ["me", "p0"] }, ["me"]],
    [
      "stay those of the last leader for the one that takes the lead",
      { leader: null, voters: ["a", "b"] },
      ["a", "b"],
    ],
    [
      "stay unknown to a leader that has not listened for long enough",
      { voters: null, peers: HEALTHY, ageInMs: LEASE / 3 },
      undefined,
    ],
    [
      "are known again to a leader that has",
      { voters: null, peers: HEALTHY, hasAllPeers: true },
      ["me", "p0"],
    ],
    ["are unknown when another number was lost", { answered: "5 west" }, undefined],
    ["are unknown when one number has named two", { answered: "3 west" }, undefined],
  ])("%s", (_, given, expected) => {
    expect(votersOf(given)).toEqual(expected);
  });

  it.each<[string, Case, readonly string[] | undefined]>([
    ["are unknown in a record that is written down anew", { answered: "3 east" }, undefined],
    ["are the writer alone in the first of all", { own: HEALTHY }, ["me"]],
  ])("%s", (_, given, expected) => {
    expect(decide(situationOf(given))?.voters).toEqual(expected);
  });

  it("move nobody while they are unknown, whatever the known ones see", () => {
    const given: Case = { record: "3 east", voters: null, own: UNHEALTHY, peers: UNHEALTHY };
    expect(decided(given)).toBe("nothing");
    expect(decided({ ...given, hasAllPeers: true })).toBe("3 east (first) me 8");
  });
});

describe("the lead", () => {
  const record = "3 east";
  it.each<[string, Case, string]>([
    ["is taken when it is vacant", { leader: null }, "3 east (first) me 8"],
    ["is left to another while it is fresh", { leader: "other", ageInMs: LEASE }, "nothing"],
    ["is taken when it is too old", { leader: "other", ageInMs: LEASE + 1 }, "3 east (first) me 8"],
    ["is kept while it is fresh", { ageInMs: LEASE / 3 - 1 }, "nothing"],
    ["is renewed after a third of the lease", { ageInMs: LEASE / 3 }, "3 east (first) me 8"],
    [
      "is renewed first, and nothing else, when it may have been lost",
      { ageInMs: LEASE + 1, own: "east- west+" },
      "3 east (first) me 8",
    ],
    ["is all that another server moves by", { leader: "other", own: "east- west+" }, "nothing"],
  ])("%s", (_, given, expected) => {
    expect(decided({ record, ...given })).toBe(expected);
  });
});

describe("the active endpoint, when so many of the voters see it unhealthy,", () => {
  it.each<[number, number, string]>([
    [1, 0, "stays"],
    [1, 1, "moves"],
    [2, 0, "stays"],
    [2, 1, "stays"],
    [2, 2, "moves"],
    [3, 1, "stays"],
    [3, 2, "moves"],
    [4, 2, "stays"],
    [4, 3, "moves"],
    [5, 2, "stays"],
    [5, 3, "moves"],
  ])("of %d voters %d: %s", (size, unhealthy, expected) => {
    for (const isLeaderBlind of [false, true]) {
      const sights = Array.from({ length: size }, (_, index) =>
        index < unhealthy ? UNHEALTHY : HEALTHY,
      );
      if (isLeaderBlind) sights.reverse();
      const [own, ...peers] = sights as [string, ...string[]];
      const outcome = decided({ record: "3 east", own, peers: peers.join(" / ") });
      expect(outcome).toBe(expected === "moves" ? "4 west (active-unhealthy) me 8" : "nothing");
    }
  });

  it.each<[number, number, boolean]>([
    [0, 0, false],
    [1, 1, true],
    [1, 2, false],
    [2, 3, true],
    [2, 4, false],
  ])("a majority is more than half: %d of %d", (count, of, expected) => {
    expect(isMajority(count, Array.from({ length: of }))).toBe(expected);
  });
});

describe("the leader", () => {
  it.each<[string, Case, string]>([
    [
      "does not take drained for unhealthy",
      { own: "east~ west+", peers: "east~ west+" },
      "nothing",
    ],
    [
      "does not take unknown for unhealthy",
      { own: "east? west+", peers: "east? west+" },
      "nothing",
    ],
    [
      "does not take another endpoint of that name for the active one",
      { own: "east+ west+", peers: "east'- west+ / east'- west+" },
      "nothing",
    ],
    [
      "moves away from an endpoint that nobody knows",
      { own: "north+ west+", peers: "north+ west+" },
      "4 north (active-unhealthy) me 8",
    ],
    [
      "moves away from one that all know by another URL",
      { own: "east'+ west+", peers: "east'+ west+" },
      "4 east' (active-unhealthy) me 8",
    ],
    [
      "moves away from an endpoint that nobody knows, also if it is alone",
      { own: "west+" },
      "4 west (active-unhealthy) me 8",
    ],
    [
      "stays on an endpoint that one server knows",
      { own: "north+ west+", peers: "north+ west+ / east+ west+ / north+ west+" },
      "nothing",
    ],
    [
      "stays when nobody knows the endpoint and no other one is known to all",
      { own: "north+ west+", peers: "south+" },
      "nothing",
    ],
    [
      "counts who knows no endpoint as one who does not see it unhealthy",
      { own: UNHEALTHY, peers: "north+" },
      "nothing",
    ],
    [
      "moves to the first in its own order of those that all see healthy",
      { own: "east- north+ west+", peers: "east- west+ north+ / east- west+ north+" },
      "4 north (active-unhealthy) me 8",
    ],
    [
      "moves to the one that more see healthy",
      { own: "east- north+ west+", peers: "east- west+ north+ / east- west+ north-" },
      "4 west (active-unhealthy) me 8",
    ],
    [
      "moves to none that a server does not know",
      { own: "east- north+ west+", peers: "east- west+ / east- west+ north+" },
      "4 west (active-unhealthy) me 8",
    ],
    [
      "moves to none that a server knows by another URL",
      { own: "east- north+ west+", peers: "east- west+ north'+ / east- west+ north+" },
      "4 west (active-unhealthy) me 8",
    ],
    [
      "moves to none that only half see healthy",
      { own: "east- west+", peers: "east- west-" },
      "nothing",
    ],
    [
      "moves to none that is drained for most",
      { own: "east- west~ north+", peers: "east- west~ north+" },
      "4 north (active-unhealthy) me 8",
    ],
    [
      "moves to one that it sees unhealthy itself, when most see it healthy",
      { own: "east- west-", peers: "east- west+ / east- west+" },
      "4 west (active-unhealthy) me 8",
    ],
    ["stays when nothing is healthy", { own: "east- west-", peers: "east- west-" }, "nothing"],
    [
      "calls clients back to the preferred endpoint",
      { record: "3 west", failbackTo: "east" },
      "4 east (failback) me 8",
    ],
    [
      "writes nothing when the preferred endpoint is active already",
      { record: "3 east", failbackTo: "east" },
      "nothing",
    ],
    [
      "tells the preferred endpoint from another one of that name",
      { record: "3 east", failbackTo: "east'" },
      "4 east' (failback) me 8",
    ],
  ])("%s", (_, given, expected) => {
    expect(decided({ record: "3 east", ...given })).toBe(expected);
  });
});

describe("a store that has lost what it was told", () => {
  it.each<[string, Case, string]>([
    [
      "is given the newer agreement back, by whoever leads",
      { record: "3 east", leader: "other", answered: "5 west" },
      "5 west (first) other 8",
    ],
    [
      "is given it back before anything else",
      { record: "3 east", leader: null, answered: "5 west" },
      "5 west (first) null 8",
    ],
    [
      "keeps its endpoint under a new number, when one number has named two",
      { record: "5 east", leader: "other", answered: "5 west" },
      "6 east (first) other 8",
    ],
    ["wins with a newer one", { record: "6 east", leader: "other", answered: "5 west" }, "nothing"],
  ])("%s", (_, given, expected) => {
    expect(decided(given)).toBe(expected);
  });
});

describe("an operator's order", () => {
  it.each<[string, string | undefined, string | undefined, string, string]>([
    ["moves to another endpoint", "3 east", "3 east", "west", "4 west other 7"],
    ["does nothing when it is carried out", "3 east", "3 east", "east", "nothing"],
    ["tells endpoints of one name apart", "3 east", "3 east", "east'", "4 east' other 7"],
    [
      "goes on from what is answered, if that is newer",
      "3 east",
      "5 north",
      "west",
      "6 west other 7",
    ],
    ["is not carried out by an older record", "3 east", "5 north", "east", "6 east other 7"],
    ["makes the first agreement", undefined, undefined, "west", "1 west me 1"],
    ["goes on without a record", undefined, "5 north", "west", "6 west me 1"],
  ])("%s", (_, record, answered, to, expected) => {
    const situation = situationOf({
      ...(record === undefined ? {} : { record }),
      ...(answered === undefined ? {} : { answered }),
      leader: "other",
    });
    const [endpoint] = observation(`${to}+`);
    const next = endpoint && switchActive(situation, endpoint);
    const mark = next?.agreement.url.includes("other-") ? "'" : "";
    const outcome =
      next &&
      `${next.agreement.epoch} ${next.agreement.active}${mark} ${next.leader} ${next.renewals}`;
    expect(outcome ?? "nothing").toBe(expected);
    if (next) expect(next.agreement).toMatchObject({ reason: "switched", since: 5 });
  });
});

it("a leader that resigns changes only the leader, and that it is no voter", () => {
  const { known } = situationOf({ record: "3 east", peers: HEALTHY });
  const left = { ...known?.record, leader: null, voters: ["p0"] };
  expect(known && resign(known, "me")).toEqual(left);
  expect(known && resign(known, "other")).toBeUndefined();
});

describe("renewals are more than any that were seen", () => {
  it.each<[string, Case]>([
    ["of one who takes the lead", { record: "3 east", leader: null }],
    ["of a leader", { record: "3 east", ageInMs: LEASE / 3 }],
    ["of a move", { record: "3 east", own: UNHEALTHY }],
    ["of what a store has lost", { answered: "3 east" }],
    ["of what a store has partly lost", { record: "3 east", answered: "5 west" }],
  ])("%s", (_, given) => {
    expect(decide(situationOf({ ...given, seenRenewals: 20 }))?.renewals).toBe(21);
  });
});

describe("each agreement has an incarnation of its own", () => {
  it.each<[string, Case]>([
    ["the first of all", {}],
    ["a move", { record: "3 east", own: UNHEALTHY }],
    ["a failback", { record: "3 west", failbackTo: "east" }],
    ["one that settles which of two of a number counts", { record: "3 east", answered: "3 west" }],
  ])("%s", (_, given) => {
    expect(decide(situationOf(given))?.agreement.incarnation).toBe("new");
  });

  it("one that a store has lost comes back as it was", () => {
    const next = decide(situationOf({ record: "3 east", answered: "5 west" }));
    expect(next?.agreement).toEqual(agreement("5 west"));
  });
});
