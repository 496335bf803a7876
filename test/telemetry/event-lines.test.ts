import type { PubSubEvents } from "../../src/contract/events.ts";
import type { Logger } from "../../src/contract/logger.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { OnceWarnings } from "../../src/kit/warn-once.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { eventLogOf } from "../../src/telemetry/event-log.ts";
import { inWords } from "../../src/telemetry/log-line.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

const configuration = parseOptions({
  hub: "chat",
  endpoints: [
    {
      name: "eastus",
      role: "primary",
      connectionString: "Endpoint=https://eastus.example;AccessKey=k",
    },
  ],
  negotiate: { allowAnonymous: true },
});

/** What is logged, as `level: text`, and the fields of the lines. */
function setUp() {
  const events = new TypedEvents();
  const lines: string[] = [];
  const fields: object[] = [];
  const at =
    (level: string): Logger["warn"] =>
    (given, message) => {
      lines.push(`${level}: ${message}`);
      fields.push(given);
    };
  const logger: Logger = {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
  };
  const log = eventLogOf({ ...configuration, logger }, events, new OnceWarnings());
  return { events, lines, fields, close: () => log?.close() };
}

type Emission = { [Name in keyof PubSubEvents]: [Name, PubSubEvents[Name]] }[keyof PubSubEvents];

const emit = (events: TypedEvents, [name, event]: Emission): void =>
  events.emit(name, event as never);

const failure = { at: 0, operation: "health check", status: undefined, code: "ECONNREFUSED" };
const SECRET = "hunter2";
const error = Object.assign(new Error(`${SECRET}\n`), { code: "ECONNRESET" });

describe("an event is one line for people:", () => {
  it.each<[Emission, string]>([
    [
      ["endpointDown", { endpoint: "eastus", reason: "refused", failure, upForInMs: 11_520_000 }],
      'warn: [hub "chat"] "eastus" is down (refused): health check failed with ECONNREFUSED; it was up for 3 h 12 min; look whether the instance exists',
    ],
    [
      ["endpointDown", { endpoint: "eastus", reason: "status(403)" }],
      'warn: [hub "chat"] "eastus" is down (status(403)); it has not been up yet; public network access may be disabled',
    ],
    [["endpointUp", { endpoint: "eastus" }], 'info: [hub "chat"] "eastus" is healthy'],
    [
      ["endpointUp", { endpoint: "eastus", reason: "timeout", downForInMs: 61_000 }],
      'warn: [hub "chat"] "eastus" is up again; it was down for 1 min 1 s (timeout)',
    ],
    [
      ["credentialsRejected", { endpoint: "eastus" }],
      'error: [hub "chat"] "eastus" refuses the credentials, so it is not used; give it a key that it has now',
    ],
    [
      ["credentialsRejected", { endpoint: "eastus", clockSkewInMs: -3_600_000 }],
      "the clock of this server is 1 h 0 min behind, so set that",
    ],
    [
      ["failover", { from: "eastus", to: "westus", reason: "refused" }],
      'warn: [hub "chat"] clients of "eastus" are sent to "westus" from now on (refused)',
    ],
    [["failover", { from: "eastus", to: "westus", reason: "drained" }], "info: "],
    [
      ["allDown", { endpoints: [{ endpoint: "eastus", reason: "refused" }] }],
      'error: [hub "chat"] no endpoint is left that clients can be sent to ("eastus": refused)',
    ],
    [
      [
        "deliveryFailed",
        {
          endpoint: "eastus",
          operation: "broadcast",
          reason: "endpoint",
          status: 429,
          code: undefined,
        },
      ],
      'warn: [hub "chat"] broadcast to "eastus" was answered 429, so its clients miss it; it is at its limits: add units, or send less',
    ],
    [
      [
        "upstreamRefused",
        { code: "ERR_INVALID_SIGNATURE", origin: "east.example", remedy: "look", count: 3 },
      ],
      'warn: [hub "chat"] 3 calls of the upstream route were refused with ERR_INVALID_SIGNATURE, from "east.example"; if that is your service: look',
    ],
    [["endpointDrained", { endpoint: "eastus" }], 'info: [hub "chat"] "eastus" is drained'],
    [["historyLost", { error }], 'error: [hub "chat"] the store of the history is away: '],
    [["coordinationLost", { error }], "error: "],
    [["closeFailed", { part: "drain", error }], "give close a longer drainInMs"],
  ])("%j", (emission, text) => {
    const { events, lines, fields, close } = setUp();
    emit(events, emission);
    expect(lines).toEqual([expect.stringContaining(text)]);
    expect(fields).toEqual([expect.objectContaining({ event: emission[0], hub: "chat" })]);
    expect(JSON.stringify([lines, fields])).not.toContain(SECRET);
    close();
  });

  it("refused credentials are told once, although two events tell of them", () => {
    const { events, lines } = setUp();
    emit(events, ["credentialsRejected", { endpoint: "eastus" }]);
    emit(events, ["endpointDown", { endpoint: "eastus", reason: "credentials-rejected" }]);
    expect(lines).toHaveLength(1);
  });

  it("what nobody writes on one line does not come on several", () => {
    const { events, lines } = setUp();
    emit(events, ["endpointDrained", { endpoint: "east\n\u202eus\u001b[31m" }]);
    expect(lines[0]).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe("events that come as often as requests do", () => {
  const refused = (endpoint: string): Emission => [
    "deliveryFailed",
    { endpoint, operation: "broadcast", reason: "endpoint", status: 503, code: undefined },
  ];

  it("are told at once, and then once a minute with the number of the others", () => {
    const { events, lines, fields, close } = setUp();
    for (let time = 0; time < 414; time += 1) emit(events, refused("eastus"));
    emit(events, refused("westus"));
    expect(lines.map((line) => /to "(\w+)"/.exec(line)?.[1])).toEqual(["eastus", "westus"]);
    jest.advanceTimersByTime(60_000);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toContain("was answered 503, so its clients miss it, and 412 more like it; ");
    expect(fields[2]).toMatchObject({ endpoint: "eastus", others: 412 });
    jest.advanceTimersByTime(120_000);
    expect(lines).toHaveLength(3);
    emit(events, refused("eastus"));
    expect(lines).toHaveLength(4);
    close();
  });

  it("are told of when the plugin is closed, and leave no timer", () => {
    const { events, lines, close } = setUp();
    for (let time = 0; time < 3; time += 1) emit(events, refused("eastus"));
    close();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("and 1 more like it");
    emit(events, refused("eastus"));
    expect(jest.getTimerCount()).toBe(0);
  });

  it("of ever new kinds do not fill the memory, and lose no number", () => {
    const { events, lines, close } = setUp();
    for (let kind = 0; kind < 3000; kind += 1) {
      for (let time = 0; time < 2; time += 1) emit(events, refused(`region-${kind}`));
    }
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1000);
    close();
    expect(lines).toHaveLength(6000);
  });
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1499, "1 s"],
  [59_999, "1 min 0 s"],
  [3_600_000, "1 h 0 min"],
  [90_000_000, "1 d 1 h"],
])("%d ms is %s", (ms, words) => {
  expect(inWords(ms)).toBe(words);
});
