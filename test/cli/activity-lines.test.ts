import type { Activity } from "express-resilient-pubsub/emulator";
import {
  chooseColorize,
  formatActivity,
  withColour,
  withoutColour,
} from "../../src/cli/activity-lines.ts";

const time = new Date(2026, 7, 1, 9, 5, 7, 42);
const format = (activity: Activity) => formatActivity(activity, time, withoutColour);

const client = { hub: "chat", connectionId: "c1" };
const connected = {
  kind: "clientConnected",
  ...client,
  userId: "ada",
  subprotocol: "json.webpubsub.azure.v1",
} as const;
const disconnected = { kind: "clientDisconnected", ...client, reason: "" } as const;
const event = {
  kind: "event",
  ...client,
  event: "connect",
  url: "http://localhost:3000/hubs/chat",
  status: 204,
  failure: undefined,
  durationInMs: 3.4,
} as const;
const refused = { kind: "clientRefused", status: 401, reason: "No token: add one." } as const;
const validation = {
  kind: "validation",
  url: "http://localhost:3000/hubs/chat",
  status: 200,
  allowedOrigins: ["a.test", "127.0.0.1:8080"],
  problem: undefined,
} as const;

test.each<[string, Activity, string]>([
  ["a client", connected, "connected     chat  c1  user=ada  json.webpubsub.azure.v1"],
  [
    "a client without user and protocol",
    { ...connected, userId: null, subprotocol: undefined },
    "connected     chat  c1  anonymous  simple",
  ],
  ["a recovery", { kind: "clientRecovered", ...client }, "recovered     chat  c1"],
  [
    "a refusal",
    { ...refused, path: "/client/hubs/chat" },
    'refused       /client/hubs/chat  401  "No token: add one."',
  ],
  ["a silent end", disconnected, "disconnected  chat  c1"],
  [
    "an end with a reason",
    { ...disconnected, reason: "too slow" },
    'disconnected  chat  c1  reason="too slow"',
  ],
  [
    "a REST call",
    { kind: "restCall", method: "POST", path: "/api/hubs/chat/:send", status: 202 },
    "rest          POST /api/hubs/chat/:send  202",
  ],
  [
    "an event",
    event,
    "event         chat  c1  connect  http://localhost:3000/hubs/chat  204  3 ms",
  ],
  [
    "an event that arrived nowhere",
    { ...event, status: undefined },
    "event         chat  c1  connect  http://localhost:3000/hubs/chat  unanswered  3 ms",
  ],
  [
    "an event that failed",
    { ...event, status: 500, failure: "Error: no database" },
    'event         chat  c1  connect  http://localhost:3000/hubs/chat  500  3 ms  "Error: no database"',
  ],
  [
    "an event that failed without a word",
    { ...event, status: 500, failure: "" },
    "event         chat  c1  connect  http://localhost:3000/hubs/chat  500  3 ms",
  ],
  [
    "an app server that agrees",
    validation,
    "validation    http://localhost:3000/hubs/chat  200  allows=a.test,127.0.0.1:8080",
  ],
  [
    "an app server that does not",
    { ...validation, status: 404, allowedOrigins: [], problem: "It is missing: add it." },
    'validation    http://localhost:3000/hubs/chat  404  allows=nobody  "It is missing: add it."',
  ],
  ["faults", { kind: "faults", faults: ["crash", "latency"] }, "faults        crash, latency"],
  ["the end of faults", { kind: "faults", faults: [] }, "faults        none"],
])("the activity of %s is one line with the local time", (_what, activity, line) => {
  expect(format(activity)).toBe(`09:05:07.042  ${line}`);
});

test.each<[string, Activity]>([
  ["a validation's key", { ...validation, url: "http://me:hidden@host/a?code=hidden#hidden" }],
  ["an upstream's key", { ...event, url: "http://me:hidden@host/a?code=hidden#hidden" }],
  ["a token in a path", { ...refused, path: "/client?access_token=hidden" }],
  ["a token in a call", { kind: "restCall", method: "GET", path: "/api?hidden", status: 200 }],
])("an activity line leaves out %s", (_what, activity) => {
  expect(format(activity)).not.toContain("hidden");
});

describe("text from outside", () => {
  const nasty = 'a\x1b[2J\r\n\x07\x7f\x9b31m\u202e\u2028\ud800 user=root "\\';
  test.each<[string, Activity]>([
    ["user id", { ...connected, userId: nasty }],
    ["subprotocol", { ...connected, subprotocol: nasty }],
    ["reason", { ...disconnected, reason: nasty }],
    ["event name", { ...event, event: nasty }],
    ["upstream", { ...event, url: `http://host/${nasty}` }],
    ["refused path", { ...refused, path: nasty }],
    ["reason of a refusal", { ...refused, path: "/", reason: nasty }],
    ["failure of an event", { ...event, failure: nasty }],
    ["allowed origin", { ...validation, allowedOrigins: [nasty] }],
    ["problem of a validation", { ...validation, problem: nasty }],
    ["called path", { kind: "restCall", method: nasty, path: nasty, status: 404 }],
    ["hub and connection id", { kind: "clientRecovered", hub: nasty, connectionId: nasty }],
    ["fault", { kind: "faults", faults: [nasty] }],
  ])("is written without its control characters: %s", (_what, activity) => {
    const line = format(activity);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    expect(line).toContain("\\u{1b}[2J");
  });

  test("cannot pass for another field", () => {
    expect(format({ ...connected, userId: 'ada  hub="x' })).toContain('user="ada  hub=\\"x"');
  });

  test("is cut when it is long", () => {
    expect(format({ ...connected, userId: "x".repeat(10_000) }).length).toBeLessThan(400);
  });
});

test("an activity line leaves names in any script as they are", () => {
  expect(format({ ...connected, userId: "Зоя" })).toContain("user=Зоя");
});

test("activity lines are coloured only where that is asked for", () => {
  const line = (status: number | undefined) =>
    formatActivity({ ...event, status }, time, withColour);
  expect(line(204)).toContain("\x1b[32m204\x1b[39m");
  expect(line(401)).toContain("\x1b[33m401\x1b[39m");
  expect(line(500)).toContain("\x1b[31m500\x1b[39m");
  expect(line(undefined)).toContain("\x1b[31munanswered\x1b[39m");
});

test.each<[string, boolean, Record<string, string>, boolean]>([
  ["a terminal has colours", true, {}, true],
  ["a file has none", false, {}, false],
  ["NO_COLOR is respected", true, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR says nothing", true, { NO_COLOR: "" }, true],
  ["a terminal that knows no colours gets none", true, { TERM: "dumb" }, false],
])("%s", (_what, isTerminal, env, isColoured) => {
  expect(chooseColorize(isTerminal, env)).toBe(isColoured ? withColour : withoutColour);
});
