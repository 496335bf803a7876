import { problemsOf } from "../../src/drill/drill.ts";
import type { ClientEvent, DrillMarks } from "../../src/drill/drill-events.ts";
import { drillMarkdown } from "../../src/drill/report.ts";
import { distributionOf, figuresOf } from "../../src/drill/statistics.ts";

const MARKS: DrillMarks = { baseline: 100, broken: 1000, healed: 5000, ended: 9000 };
const connected = (client: number, at: number, endpoint = "eastus"): ClientEvent => ({
  kind: "connected",
  client,
  at,
  endpoint,
});
const lost = (client: number, at: number): ClientEvent => ({ kind: "lost", client, at });
const moved = (client: number, at: number, recovered?: boolean): ClientEvent => ({
  kind: "moved",
  client,
  at,
  from: "eastus",
  to: "westus",
  downtimeInMs: 1,
  recovered,
});

const EVENTS: readonly ClientEvent[] = [
  connected(0, 10),
  connected(1, 20),
  connected(2, 30, "westus"),
  connected(3, 40),
  // Before the region was broken.
  lost(3, 500),
  { kind: "back", client: 3, at: 700, endpoint: "eastus" },
  lost(0, 1000),
  lost(1, 1010),
  lost(3, 1020),
  { kind: "negotiate-failed", client: 0, at: 1100, status: 503 },
  { kind: "negotiate-failed", client: 0, at: 1200, status: undefined },
  { kind: "connect-failed", client: 1, at: 1200, endpoint: "eastus" },
  connected(0, 1400, "westus"),
  moved(0, 1400, true),
  { kind: "back", client: 3, at: 1520, endpoint: "eastus" },
  connected(1, 2010, "westus"),
  moved(1, 2010, false),
];

it("what clients did is counted from when the region was broken on", () => {
  expect(figuresOf(4, EVENTS, MARKS)).toEqual({
    clients: 4,
    before: { eastus: 3, westus: 1 },
    after: { eastus: 1, westus: 3 },
    affected: 3,
    stranded: 0,
    withoutConnection: { count: 3, min: 400, median: 500, p90: 1000, max: 1000 },
    allBackAfterInMs: 1010,
    moves: { "eastus -> westus": 2 },
    sameConnection: 1,
    recovered: { yes: 1, no: 1 },
    failedNegotiates: { "503": 1, none: 1 },
    failedConnects: { eastus: 1 },
    ended: {},
  });
});

it("a client that has not come back is stranded, and counts until the end", () => {
  const events = [
    connected(0, 10),
    connected(1, 10),
    lost(0, 2000),
    connected(0, 2500),
    lost(1, 3000),
  ];
  const figures = figuresOf(2, events, MARKS);
  expect(figures).toMatchObject({ affected: 2, stranded: 1, allBackAfterInMs: undefined });
  expect(figures.withoutConnection).toMatchObject({ count: 2, max: 6000 });
  expect(problemsOf(figures, MARKS)).toEqual([
    "1 of 2 affected clients had no connection at the end.",
  ]);
});

it("a client that was refused, and one that never came, are problems", () => {
  const refused: ClientEvent = { kind: "stopped", client: 1, at: 1500, code: "negotiate-refused" };
  const events = [connected(0, 10), connected(1, 10), lost(1, 1100), refused, lost(0, 1100)];
  const figures = figuresOf(3, [...events, connected(0, 1300)], MARKS);
  expect(figures.ended).toEqual({ "negotiate-refused": 1 });
  expect(problemsOf(figures, MARKS)).toEqual([
    "1 of 2 affected clients had no connection at the end.",
    "1 clients have ended by themselves (negotiate-refused).",
  ]);
  const nothing = figuresOf(2, [connected(0, 10)], { ...MARKS, broken: undefined });
  expect(problemsOf(nothing, { ...MARKS, broken: undefined })).toEqual([
    "No client has lost its connection: nothing was rehearsed.",
    "1 clients had no connection at the end.",
  ]);
});

it.each([
  [[], { count: 0, min: 0, median: 0, p90: 0, max: 0 }],
  [[7.4], { count: 1, min: 7, median: 7, p90: 7, max: 7 }],
  [[30, 10, 20, 40], { count: 4, min: 10, median: 20, p90: 40, max: 40 }],
])("the distribution of %j is %j", (values, distribution) => {
  expect(distributionOf(values)).toEqual(distribution);
});

it("a report is a table in Markdown", () => {
  const report = drillMarkdown({
    startedAt: "2026-01-01T00:00:00.000Z",
    durationInMs: 9000,
    negotiateUrls: ["https://app.example.com/negotiate"],
    brokenBy: "operator",
    isStopped: false,
    marks: MARKS,
    figures: figuresOf(4, EVENTS, MARKS),
    sends: { sent: 10, accepted: 9, missedShare: 0.125, mostMissedByOne: 2, repeated: 0 },
    problems: [],
  });
  expect(report).toEqual([
    "# Failover drill: passed",
    "",
    "- Negotiate: https://app.example.com/negotiate",
    "- Broken by: operator",
    "- Begun: 2026-01-01T00:00:00.000Z, took 9 s",
    "",
    "| figure | measured |",
    "| --- | --- |",
    "| clients | 4 |",
    "| where they were before | eastus: 3, westus: 1 |",
    "| clients that lost their connection | 3 |",
    "| without a connection | median 500 ms, 90 % within 1000 ms (400 to 1000; 3 times) |",
    "| all back | 1010 ms after the first loss |",
    "| moved | eastus -> westus: 2 |",
    "| back by the same connection | 1 |",
    "| recovered what they missed | 1 yes, 1 no |",
    "| negotiates without an endpoint, by status | 503: 1, none: 1 |",
    "| attempts to connect that failed | eastus: 1 |",
    "| where they were at the end | eastus: 1, westus: 3 |",
    "| messages sent, and accepted | 10, 9 |",
    "| missed | 12.5 % of 9 to 4 clients; 2 at most by one |",
    "| heard more than once | 0 |",
  ]);
});
