import type { FanOutReport } from "express-resilient-pubsub";
import type { Answer, AppServer, Broadcast, Burst, Change } from "./app-server.ts";
import type { AgreedAnswer, PlayedFailover, StoreLoss } from "./pair.ts";
import { violationsOfPair } from "./pair-verdict.ts";
import type { Kind, RegionName } from "./plan.ts";
import type { Region } from "./region.ts";
import { violationsOf } from "./verdict.ts";

const expectations = {
  staleBounds: { crash: 1000, blackhole: 2500, identity: 1000 },
  spared: "south",
  until: 60_000,
} as const;

/** West is down from 10 s to 20 s; every client hears everything but "lost". */
function regions(kind: Kind): ReadonlyMap<RegionName, Region> {
  const outage = {
    cycle: 5,
    kind,
    from: 9_990,
    since: 10_000,
    healedFrom: 20_000,
    to: 20_010,
    lingersInMs: 2000,
  };
  const region = (name: RegionName): [RegionName, Region] => {
    const outages = name === "west" ? [outage] : [];
    const fake: Partial<Region> = {
      name,
      outages,
      isUpThroughout: (start, end) => !outages.some(({ from, to }) => from <= end && to >= start),
      isListenedToThroughout: () => true,
      hasHeard: (message) => message !== "lost",
    };
    return [name, fake as Region];
  };
  return new Map((["east", "west", "south"] as const).map(region));
}

interface Record {
  answers?: Answer[];
  broadcasts?: Broadcast[];
  bursts?: Burst[];
  changes?: Change[];
}

function violations(kind: Kind, record: Record) {
  const nothing = { answers: [], broadcasts: [], bursts: [], changes: [], warnings: [] };
  const server = { name: "newcomer", ...nothing, ...record };
  return violationsOf(server as unknown as AppServer, regions(kind), expectations);
}

const answer = (sentAt: number, at: number, endpoint?: string): Answer => ({
  sentAt,
  at,
  endpoint,
  problem: endpoint ? undefined : "503 ERR_NO_HEALTHY_ENDPOINT",
});

const broadcast = (message: string, startedAt: number, healthy: string[]): Broadcast => ({
  message,
  poison: undefined,
  startedAt,
  endedAt: startedAt + 100,
  healthy,
  report: { delivered: healthy, failed: [], skipped: [], outcomes: [] },
  problem: undefined,
});

it.each<[string, Kind, Answer, number]>([
  ["names an endpoint that is up", "crash", answer(15_000, 15_010, "east"), 0],
  ["names it just before its second is over", "crash", answer(10_990, 11_010, "west"), 0],
  ["names it 1.1 s after its crash", "crash", answer(11_100, 11_110, "west"), 1],
  ["names it 2.4 s after its blackhole", "blackhole", answer(12_400, 12_410, "west"), 0],
  ["names it 2.6 s after its blackhole", "blackhole", answer(12_600, 12_610, "west"), 1],
  ["names it 0.9 s after its last token", "identity", answer(10_900, 10_910, "west"), 0],
  ["names it 1.1 s after its last token", "identity", answer(11_100, 11_110, "west"), 1],
  ["comes when it has been healed", "crash", answer(19_990, 20_020, "west"), 0],
  ["is a 503", "crash", answer(15_000, 15_010), 1],
])("the verdict on an answer that %s (%s) names each violation", (_, kind, one, count) => {
  const found = violations(kind, { answers: [one] });
  expect(found).toHaveLength(count);
  expect(found.every(({ cycle }) => cycle === 5)).toBe(true);
});

it.each<[string, Broadcast, string[]]>([
  ["is heard everywhere", broadcast("heard", 1000, ["east", "west", "south"]), []],
  [
    "is lost while all are up",
    broadcast("lost", 1000, ["east", "west", "south"]),
    ["east", "west", "south"],
  ],
  ["is lost where it is down", broadcast("lost", 9950, ["west"]), ["south"]],
  ["is lost on its way back", broadcast("lost", 30_000, ["east", "south"]), ["east", "south"]],
  ["skips the endpoint that is never down", broadcast("lost", 30_000, []), ["south"]],
])("the verdict on a broadcast that %s names each violation", (_, one, missing) => {
  const found = violations("crash", { broadcasts: [one] }).map(({ what }) => what);
  expect(found).toEqual(missing.map((name) => expect.stringContaining(`did not reach ${name},`)));
});

const refusal = (endpoint: string, reason: FanOutReport["failed"][number]["reason"]) => ({
  endpoint,
  reason,
  status: 403,
  error: new Error("403"),
});

function poisoned(startedAt: number, report: Partial<FanOutReport>, tookInMs = 300): Broadcast {
  const healthy = ["east", "west", "south"];
  const whole = { delivered: [], failed: [], skipped: [], outcomes: [], ...report };
  const endedAt = startedAt + tookInMs;
  return { ...broadcast("lost", startedAt, healthy), poison: "403", endedAt, report: whole };
}

it.each<[string, Broadcast, string[]]>([
  [
    "is told as refused, and reaches nobody",
    poisoned(1000, {
      failed: [refusal("west", "refused-message"), refusal("south", "refused-message")],
    }),
    [],
  ],
  [
    "is blamed on an endpoint",
    poisoned(1000, { failed: [refusal("west", "endpoint"), refusal("south", "refused-message")] }),
    ['poison (403) at west is told as "endpoint"'],
  ],
  [
    "is blamed on one that is down",
    poisoned(15_000, { failed: [refusal("west", "endpoint")] }),
    [],
  ],
  [
    "is blamed when its time is up, before a canary is back",
    poisoned(1000, { failed: [refusal("west", "endpoint")] }, 1500),
    [],
  ],
  ["is delivered", poisoned(1000, { delivered: ["east"] }), ["poison (403) was delivered by east"]],
])("the verdict on poison that %s names each violation", (_, one, expected) => {
  const found = violations("crash", { broadcasts: [one] }).map(({ what }) => what);
  expect(found).toEqual(expected.map((what) => `newcomer: ${what}`));
});

it.each<[string, number, { [end: string]: number }, string[]]>([
  ["is delivered", 1000, { delivered: 1000 }, []],
  ["finds no sockets in part", 1000, { delivered: 400, ERR_BUSY: 600 }, []],
  ["ends on the wire", 1000, { ERR_BUSY: 936, ERR_DEADLINE_EXCEEDED: 64 }, []],
  [
    "ends on more wires than there are",
    1000,
    { delivered: 935, ERR_DEADLINE_EXCEEDED: 65 },
    ["65 sends of a burst ended with ERR_DEADLINE_EXCEEDED at west"],
  ],
  [
    "is reset",
    1000,
    { delivered: 999, ECONNRESET: 1 },
    ["1 sends of a burst ended with ECONNRESET at west"],
  ],
  ["is reset where it is down", 15_000, { ECONNRESET: 1000 }, []],
])("the verdict on a burst that %s names each violation", (_, startedAt, tally, expected) => {
  const burst = { startedAt, endedAt: startedAt + 2000, tallies: new Map([["west", tally]]) };
  const found = violations("crash", { bursts: [burst] }).map(({ what }) => what);
  expect(found).toEqual(expected.map((what) => `newcomer: ${what}`));
});

const down = (at: number, endpoint: string): Change => ({ at, endpoint, isUp: false });
const up = (at: number, endpoint: string): Change => ({ at, endpoint, isUp: true });

it.each<[string, Kind, Change[], string[]]>([
  ["is taken out as it crashes", "crash", [down(10_300, "west"), up(20_500, "west")], []],
  ["is taken out by what was under way at the end", "blackhole", [down(22_000, "west")], []],
  [
    "is taken out long after",
    "crash",
    [down(22_100, "west")],
    ["west was taken out, and nothing had happened to it"],
  ],
  [
    "is taken out for the outage of another",
    "crash",
    [down(15_000, "south")],
    ["south was taken out, and nothing had happened to it"],
  ],
  [
    "is back one ejection after its tokens ended",
    "identity",
    [down(11_000, "west"), up(22_900, "west")],
    [],
  ],
  [
    "is not back by then",
    "identity",
    [down(11_000, "west"), up(23_100, "west")],
    ["west was not used again, though there are tokens for it"],
  ],
])("the verdict on an endpoint that %s names each violation", (_, kind, changes, expected) => {
  const found = violations(kind, { changes }).map(({ what }) => what);
  expect(found).toEqual(expected.map((what) => `newcomer: ${what}`));
});

const agreed = (sentAt: number, at: number, epoch: number, endpoint?: string): AgreedAnswer => ({
  sentAt,
  at,
  epoch,
  endpoint,
  problem: endpoint ? undefined : "503 ERR_NO_AGREEMENT",
});
const failover: PlayedFailover = { kind: "kill", from: 10_000, to: 12_000 };
const forEver = Number.POSITIVE_INFINITY;

it.each<
  [string, { answers?: AgreedAnswer[]; losses?: StoreLoss[]; refusals?: string[] }, string[]]
>([
  ["follows", { answers: [agreed(1, 2, 3, "east"), agreed(3, 4, 4, "west")] }, []],
  [
    "is not answered",
    { answers: [agreed(1, 2, 3)] },
    ["pair 1: a negotiate failed: 503 ERR_NO_AGREEMENT"],
  ],
  [
    "has two endpoints for an epoch",
    { answers: [agreed(1, 2, 3, "west")] },
    ["pair 1: epoch 3 is west, and was east"],
  ],
  [
    "goes back",
    { answers: [agreed(1, 2, 4, "west"), agreed(3, 4, 3, "east")] },
    ["pair 1: epoch 3 after 4"],
  ],
  ["is overtaken on its way", { answers: [agreed(1, 5, 3, "east"), agreed(2, 4, 4, "west")] }, []],
  ["has its store again in time", { losses: [{ from: 10_500, to: 16_900 }] }, []],
  [
    "has its store again too late",
    { losses: [{ from: 10_500, to: 17_100 }] },
    ["pair 1: was without its store for over 5000 ms after a kill"],
  ],
  [
    "never has it again",
    { losses: [{ from: 10_500, to: forEver }] },
    ["pair 1: was without its store for over 5000 ms after a kill"],
  ],
  [
    "loses it for long without a reason",
    { losses: [{ from: 1000, to: 6100 }] },
    ["pair 1: was without its store for over 5000 ms after nothing"],
  ],
  ["does not move when told to", { refusals: ["no switchTo west"] }, ["no switchTo west"]],
])("the verdict on a server of a pair that %s names each violation", (_, record, expected) => {
  const { answers = [], losses = [], refusals = [] } = record;
  const members = [{ name: "pair 1", answers, losses }];
  const agreements = new Map([[3, "east"]]);
  const asked = { restoreInMs: 5000, until: 60_000, agreements };
  expect(violationsOfPair({ members, failovers: [failover], refusals }, asked)).toEqual(expected);
});
