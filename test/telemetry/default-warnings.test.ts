import { type ResilientPubSubOptions, resilientPubSub } from "express-resilient-pubsub";
import type { PubSubEvents } from "../../src/contract/events.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { OnceWarnings } from "../../src/kit/warn-once.ts";
import { warnByDefault } from "../../src/telemetry/default-warnings.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";

/** The warnings of the process, as `CODE: text`. */
function setUp() {
  const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterTest(() => emitWarning.mockRestore());
  const events = new TypedEvents();
  warnByDefault("chat", events, new OnceWarnings());
  const warnings = () =>
    emitWarning.mock.calls.map(([message, options]) => {
      const { code, type } = options as unknown as { code: string; type: string };
      expect(type).toBe("ResilientPubSubWarning");
      return `${code}: ${message}`;
    });
  return { events, warnings };
}

type Emission = { [Name in keyof PubSubEvents]: [Name, PubSubEvents[Name]] }[keyof PubSubEvents];

const emit = (events: TypedEvents, [name, event]: Emission): void =>
  events.emit(name, event as never);

const DOWN: Emission = ["endpointDown", { endpoint: "eastus", reason: "refused" }];
const REJECTED: Emission = ["credentialsRejected", { endpoint: "eastus" }];
const ALL_DOWN: Emission = ["allDown", { endpoints: [{ endpoint: "eastus", reason: "refused" }] }];

describe("when nobody listens,", () => {
  it.each<[string, Emission, string]>([
    [
      "an endpoint that is down at the start",
      DOWN,
      'ERR_DOWN_AT_START: Endpoint "eastus" of hub "chat" was down when it was looked at first (refused)',
    ],
    [
      "an endpoint that refuses the credentials",
      REJECTED,
      'ERR_CREDENTIALS_REJECTED: Endpoint "eastus" of hub "chat" refuses the credentials',
    ],
    [
      "an endpoint that refuses the credentials because our clock is wrong",
      ["credentialsRejected", { endpoint: "eastus", clockSkewInMs: -3_600_000 }],
      "refuses the credentials, so it is not used; the clock of this server is off by -3600 s",
    ],
    [
      "a history whose store is away",
      ["historyLost", { error: new Error("refused") }],
      'ERR_HISTORY_UNAVAILABLE: The store of the history of hub "chat" is away; messages are sent, but clients cannot catch up',
    ],
    [
      "an endpoint that drops metadata",
      ["metadataDropped", { endpoint: "eastus" }],
      'ERR_METADATA_DROPPED: Endpoint "eastus" of hub "chat" does not pass message metadata on',
    ],
    [
      "the loss of the last endpoint",
      ALL_DOWN,
      'ERR_ALL_DOWN: No endpoint of hub "chat" is left that clients can be sent to ("eastus": refused)',
    ],
  ])("%s is told to the process, once however often it happens", (_, emission, text) => {
    const { events, warnings } = setUp();
    for (let time = 0; time < 3; time += 1) emit(events, emission);
    emit(events, ["endpointUp", { endpoint: "eastus", reason: "refused" }]);
    emit(events, emission);
    expect(warnings()).toEqual([expect.stringContaining(text)]);
  });

  it("each endpoint is told of", () => {
    const { events, warnings } = setUp();
    for (const endpoint of ["eastus", "westus", "eastus"]) {
      emit(events, ["credentialsRejected", { endpoint }]);
    }
    expect(warnings()).toHaveLength(2);
  });

  it("an endpoint that has been up is not told of when it goes down", () => {
    const { events, warnings } = setUp();
    emit(events, ["endpointUp", { endpoint: "eastus" }]);
    emit(events, DOWN);
    expect(warnings()).toEqual([]);
  });

  it("refused credentials at the start are told of once, not twice", () => {
    const { events, warnings } = setUp();
    emit(events, REJECTED);
    emit(events, ["endpointDown", { endpoint: "eastus", reason: "credentials-rejected" }]);
    expect(warnings()).toHaveLength(1);
  });

  it("every part that could not be ended is told of, with what it failed with", () => {
    const { events, warnings } = setUp();
    for (const part of ["coordination", "drain"]) {
      emit(events, ["closeFailed", { part, error: new Error("boom") }]);
    }
    expect(warnings()).toEqual([
      expect.stringContaining('ERR_CLOSE_FAILED: The plugin of hub "chat" could not end its coord'),
      expect.stringContaining("could not end its drain"),
    ]);
    expect(process.emitWarning).toHaveBeenCalledWith(
      expect.anything(),
      expect.objectContaining({ detail: expect.stringContaining("boom") }),
    );
  });
});

it.each<[string, Emission]>([
  ["endpointDown", DOWN],
  ["credentialsRejected", REJECTED],
  ["allDown", ALL_DOWN],
  ["closeFailed", ["closeFailed", { part: "drain", error: undefined }]],
])("an application that listens to %s is not warned of it, until it listens no more", (_, told) => {
  const { events, warnings } = setUp();
  const listener = (): void => {};
  events.on(told[0], listener);
  emit(events, told);
  expect(warnings()).toEqual([]);
  events.off(told[0], listener);
  emit(events, told);
  expect(warnings()).toHaveLength(1);
});

it("parts of the plugin that listen do not keep a warning back", () => {
  const { events, warnings } = setUp();
  events.onInternally("allDown", () => {});
  emit(events, ALL_DOWN);
  expect(warnings()).toHaveLength(1);
});

describe("what the plugin itself listens to does not count as the application's:", () => {
  it.each<[string, Partial<ResilientPubSubOptions>]>([
    ["client-server", {}],
    ["client-client", { topology: "client-client" }],
    ["failback by closing", { failback: { close: { connectionsPerSecond: 1 } } }],
  ])("%s", async (_, options) => {
    const { warnings } = setUp();
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          {
            name: "eastus",
            role: "primary",
            connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=k",
          },
        ],
        negotiate: { allowAnonymous: true },
        ...options,
      }),
    );
    await pubsub.ready().catch(() => {});
    expect(warnings()).toEqual(
      expect.arrayContaining([
        expect.stringContaining("ERR_DOWN_AT_START"),
        expect.stringContaining("ERR_ALL_DOWN"),
      ]),
    );
  });
});
