import { ClientLog, type Positions } from "./client-log.ts";
import { judge, violationsOf } from "./judge.ts";
import { type Numbered, now } from "./message.ts";
import { Places } from "./places.ts";
import type { Outage, PlainRecord, RunRecord, Sent, Told } from "./record.ts";

const message = (number: number, sender = "s1"): Numbered => ({ sender, number, stream: "a" });

const sent = (number: number, more: Partial<Sent> = {}): Sent => ({
  ...message(number),
  startedAt: now(),
  endedAt: now(),
  history: "logged",
  delivered: ["east"],
  ...more,
});

const frame = (number: number, position: string, sender = "s1"): string =>
  JSON.stringify({ data: message(number, sender), metadata: { rps: `1 m a ${position} id` } });

const at = (a: string): Positions => ({ a, "g:room": "roomroom:0" });

/** Messages 1 to 4 of one sender, the positions of which are known to all. */
function knownPlaces(): Places {
  const places = new Places();
  for (const number of [1, 2, 3, 4]) places.onFrame(frame(number, `epochone:${number}`));
  return places;
}

/** A client that begins before the first message. */
function clientLog(places = knownPlaces()): ClientLog {
  const log = new ClientLog("c1", places);
  log.begin(at("epochone:0"));
  return log;
}

function runOf(more: Partial<RunRecord>): RunRecord {
  return {
    sent: [],
    clients: [],
    claims: [],
    plain: [],
    outages: [],
    moved: [],
    told: [],
    reads: [],
    losses: 0,
    complaints: [],
    ...more,
  };
}

/** What the judge says of one client that was given messages in this order, with its positions then. */
function violationsAfter(
  play: (log: ClientLog) => void,
  end: string,
  numbers = [sent(1), sent(2), sent(3), sent(4)],
  places = knownPlaces(),
): string[] {
  const log = clientLog(places);
  play(log);
  const clients = [log.end(at(end))];
  return violationsOf(judge(runOf({ sent: numbers, clients, claims: places.claims })));
}

function give(log: ClientLog, ...numbers: number[]): void {
  for (const number of numbers) log.onMessage(message(number), at(`epochone:${number}`));
}

it("a client that was given all messages in their order is blamed for nothing", () => {
  expect(violationsAfter((log) => give(log, 1, 2, 3, 4), "epochone:4")).toEqual([]);
});

it.each<[what: string, play: (log: ClientLog) => void, end: string, expected: RegExp]>([
  [
    "was not given a message before its position",
    (log) => give(log, 1, 3, 4),
    "epochone:4",
    /^LOST/,
  ],
  ["was given one twice", (log) => give(log, 1, 2, 2, 3, 4), "epochone:4", /^DOUBLED/],
  [
    "was given one after the next",
    (log) => {
      give(log, 1, 3);
      log.onMessage(message(2), at("epochone:3"));
      give(log, 4);
    },
    "epochone:4",
    /^OUT OF ORDER/,
  ],
  ["never came to the end", (log) => give(log, 1, 2), "epochone:2", /^UNTOLD/],
  [
    "is in another epoch and was not told so",
    (log) => {
      give(log, 1, 2, 3, 4);
      log.onMessage(message(5), at("epochtwo:1"));
    },
    "epochtwo:1",
    /^UNTOLD/,
  ],
  [
    "was given one that its position does not cover",
    (log) => log.onMessage(message(2), at("epochone:1")),
    "epochone:4",
    /^UNTOLD/,
  ],
])("the judge notices that a client %s", (_, play, end, expected) => {
  const found = violationsAfter(play, end);
  expect(found).toContainEqual(expect.stringMatching(expected));
});

it("a gap that a client was told of is none, and one that it was not told of again is", () => {
  const play = (log: ClientLog): void => {
    give(log, 1);
    log.onFalse("a", at("epochone:2"));
    give(log, 3, 4);
  };
  expect(violationsAfter(play, "epochone:4")).toEqual([]);
  const later = (log: ClientLog): void => {
    give(log, 1);
    log.onFalse("a", at("epochone:2"));
    give(log, 4);
  };
  expect(violationsAfter(later, "epochone:4")).toEqual([expect.stringMatching(/^LOST c1: a s1 3/)]);
});

it("a message that a client was not to hear is no gap, and is one too many when it hears it", () => {
  const numbers = [sent(1), sent(2, { notTo: "c1" }), sent(3), sent(4)];
  expect(violationsAfter((log) => give(log, 1, 3, 4), "epochone:4", numbers)).toEqual([]);
  const found = violationsAfter((log) => give(log, 1, 2, 3, 4), "epochone:4", numbers);
  expect(found).toEqual([expect.stringMatching(/^was not excluded/)]);
});

it.each<[history: Sent["history"], isTold: boolean, expected: number]>([
  ["bypassed", false, 1],
  ["bypassed", true, 0],
  ["logged", false, 1],
  ["logged", true, 0],
  ["failed", false, 0],
])(
  "of a message without a position that was %s and did not come, a client is told: %s",
  (history, isTold, expected) => {
    const numbers = [sent(1), sent(2), sent(3), sent(4), sent(5, { history })];
    const play = (log: ClientLog): void => {
      give(log, 1, 2, 3, 4);
      if (isTold) log.onFalse("a", at("epochtwo:0"));
    };
    const found = violationsAfter(play, isTold ? "epochtwo:0" : "epochone:4", numbers);
    expect(found.filter((what) => what.startsWith("UNTOLD"))).toHaveLength(expected);
  },
);

it.each<[what: string, frames: readonly [number, string][], expected: RegExp]>([
  ["two messages have one position", [[5, "epochone:4"]], /is s1 4 and s1 5$/],
  ["one message has two positions of an epoch", [[4, "epochone:5"]], /is at epochone:4 and at/],
  [
    "messages of a sender are logged in another order",
    [
      [6, "epochone:5"],
      [5, "epochone:6"],
    ],
    /^OUT OF ORDER a s1 6/,
  ],
])("the judge notices that %s", (_, frames, expected) => {
  const places = knownPlaces();
  for (const [number, position] of frames) places.onFrame(frame(number, position));
  const numbers = [1, 2, 3, 4, 5, 6].map((number) => sent(number));
  expect(violationsOf(judge(runOf({ sent: numbers, claims: places.claims })))).toContainEqual(
    expect.stringMatching(expected),
  );
});

it("a message may have a position in each of two epochs", () => {
  const places = knownPlaces();
  places.onFrame(frame(4, "epochtwo:1"));
  const numbers = [sent(1), sent(2), sent(3), sent(4)];
  expect(violationsOf(judge(runOf({ sent: numbers, claims: places.claims })))).toEqual([]);
});

it("what the history answers has positions as well as what comes live", () => {
  const places = new Places();
  const messages = [
    { o: 6, d: message(5) },
    { o: 7, skip: 1 },
  ];
  places.onHistory(JSON.stringify({ streams: { a: { position: "epochone:7", messages } } }));
  expect(places.offsetOf(message(5), "epochone")).toBe(6);
  expect(places.offsetOf(message(5), "epochtwo")).toBeUndefined();
});

const told = (recovered: boolean, at: number, since = at): Told => ({
  at,
  since,
  recovered,
  replayed: 0,
  reasons: [],
});

const redisOutage: Outage = {
  cycle: 1,
  what: "redis kill",
  region: undefined,
  isOfRedis: true,
  from: 1000,
  to: 2000,
};

it("nearly all must be told recovered: true, but for those who are told around an outage of redis", () => {
  const trues = Array.from({ length: 100 }, () => told(true, 100));
  const judged = (...one: [at: number, since?: number]): string[] =>
    violationsOf(judge(runOf({ told: [...trues, told(false, ...one)], outages: [redisOutage] })));
  const tooFew = ["only 100 of 101 were told recovered: true"];
  expect(judged(1500)).toEqual([]);
  expect(judged(2500)).toEqual([]);
  expect(judged(500)).toEqual(tooFew);
  // It was away, and comes back.
  expect(judged(60_000, 900)).toEqual([]);
  expect(judged(60_000, 59_000)).toEqual(tooFew);
});

const plain = (more: Partial<PlainRecord> = {}): PlainRecord => ({
  name: "p1",
  kind: "official",
  received: {},
  connected: [{ endpoint: "east", from: 0, to: 100_000 }],
  violations: [],
  ...more,
});

it.each<[what: string, record: Partial<PlainRecord>, outages: Outage[], expected: number]>([
  ["connected to an endpoint that took it", {}, [], 1],
  ["on another endpoint", { connected: [{ endpoint: "west", from: 0, to: 100_000 }] }, [], 0],
  ["connected too late", { connected: [{ endpoint: "east", from: 20_001, to: 100_000 }] }, [], 0],
  ["cut soon after", { connected: [{ endpoint: "east", from: 0, to: 20_500 }] }, [], 0],
  ["on an endpoint that had broken", {}, [{ ...redisOutage, isOfRedis: false, region: "east" }], 0],
])("a plain client that was not given a message and was %s", (_, record, outages, expected) => {
  const lost = sent(1, { startedAt: 20_000, endedAt: 20_010 });
  const { plain: verdict } = judge(runOf({ sent: [lost], plain: [plain(record)], outages }));
  expect(verdict.violations).toHaveLength(expected);
  expect(verdict.missed).toBe(1);
});
