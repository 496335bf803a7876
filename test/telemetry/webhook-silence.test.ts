import type { PubSubEvents } from "../../src/contract/events.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import type { LogLine } from "../../src/telemetry/log-line.ts";
import { watchForSilence } from "../../src/telemetry/webhook-silence.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

function setUp(handlers: object) {
  const connectionString = "Endpoint=https://eastus.example;AccessKey=k";
  const { upstream } = parseOptions({
    hub: "chat",
    endpoints: [{ name: "eastus", role: "primary", connectionString }],
    negotiate: { allowAnonymous: true },
    upstream: handlers,
  });
  const events = new TypedEvents();
  const lines: LogLine[] = [];
  watchForSilence(upstream, events, (line) => void lines.push(line));
  const negotiate = (
    count: number,
    outcome: PubSubEvents["negotiated"]["outcome"] = "answered",
  ) => {
    for (let client = 0; client < count; client += 1) {
      events.emit("negotiated", {
        endpoint: "eastus",
        role: "primary",
        outcome,
        code: undefined,
        claimedFailed: [],
        durationInMs: 1,
      });
    }
  };
  const arrive = (kind: PubSubEvents["upstreamEvent"]["kind"]) =>
    events.emit("upstreamEvent", { kind, outcome: "answered", code: undefined, durationInMs: 1 });
  return { events, lines, negotiate, arrive };
}

const handlers = { onConnected: () => {} };

it("clients are sent to connect for a while and no event comes: told once, with the remedy", () => {
  const { events, lines, negotiate } = setUp(handlers);
  negotiate(30);
  expect(lines).toEqual([]);
  jest.advanceTimersByTime(10_000);
  negotiate(5);
  expect(lines).toEqual([
    {
      level: "warn",
      what: expect.stringMatching(/^31 clients were sent to connect, and no event .* has arrived/),
      remedy: expect.stringContaining("look for a guard, a firewall or another path in front"),
    },
  ]);
  expect(events.wants("negotiated")).toBe(false);
});

it.each<[string, (world: ReturnType<typeof setUp>) => void]>([
  ["an event has arrived", ({ arrive }) => arrive("connected")],
  ["few clients have come", () => {}],
])("nothing is told when %s", (_, happens) => {
  const world = setUp(handlers);
  world.negotiate(5);
  happens(world);
  jest.advanceTimersByTime(60_000);
  world.negotiate(5);
  expect(world.lines).toEqual([]);
});

it("a validation handshake alone does not say that events arrive, and refused negotiates send nobody", () => {
  const { arrive, lines, negotiate } = setUp(handlers);
  arrive("validation");
  negotiate(30, "refused");
  jest.advanceTimersByTime(60_000);
  negotiate(1, "shed");
  expect(lines).toEqual([]);
  negotiate(1);
  jest.advanceTimersByTime(60_000);
  negotiate(20);
  expect(lines).toHaveLength(1);
});

it("after the first event, and where nobody wants to hear of each client, nothing listens any more", () => {
  const { arrive, events } = setUp(handlers);
  arrive("user");
  expect(events.wants("negotiated") || events.wants("upstreamEvent")).toBe(false);
  expect(setUp({ handleUserEvent: () => {} }).events.wants("negotiated")).toBe(false);
});
