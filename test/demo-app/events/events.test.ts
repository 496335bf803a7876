import { p99 } from "../../../demo-app/events/client-events.ts";
import { Waves } from "../../../demo-app/events/event-batches.ts";
import type { Told } from "../../../demo-app/events/event-recorder.ts";
import { followPlugin } from "../../../demo-app/events/plugin-events.ts";
import { TypedEvents } from "../../../src/kit/typed-events.ts";

function followed() {
  const events = new TypedEvents();
  const told: Told[] = [];
  followPlugin({ events }, "eastus", (one) => told.push(one));
  return { events, told };
}

describe("an event of the plugin", () => {
  it("becomes a sentence, with the app server that it happened at", () => {
    const { events, told } = followed();

    events.emit("failover", { from: "eastus", to: "westus", reason: "refused" });

    expect(told).toEqual([
      {
        kind: "failover",
        tone: "bad",
        server: "eastus",
        endpoint: "westus",
        text: "Failover: clients are sent to westus instead of eastus (refused)",
      },
    ]);
  });

  it("is not told when it is the first look at a healthy endpoint", () => {
    const { events, told } = followed();

    events.emit("endpointUp", { endpoint: "eastus" });
    events.emit("endpointUp", { endpoint: "eastus", reason: "timeout" });

    expect(told.map(({ text }) => text)).toEqual(["eastus is healthy again (it was: timeout)"]);
  });

  it("names an error, and never quotes it", () => {
    const { events, told } = followed();
    const error = new TypeError("https://example.com/?access_token=secret");

    events.emit("tokenFailed", { endpoint: "eastus", error });
    events.emit("handlerError", {
      handler: "upstream",
      error: Object.assign(error, { code: "E" }),
    });

    expect(told.map(({ text }) => text)).toEqual([
      "eastus gave no token: TypeError",
      "upstream failed: E",
    ]);
  });
});

describe("waves", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const gather = () => {
    const told: string[] = [];
    const limits = { quietForInMs: 100, longestInMs: 250 };
    const waves = new Waves<number>(limits, (key, items) => told.push(`${key}: ${items}`));
    return { told, waves };
  };

  it("are told when nothing has come for a while, each key for itself", () => {
    const { told, waves } = gather();

    waves.add("a", 1);
    jest.advanceTimersByTime(60);
    waves.add("b", 2);
    waves.add("a", 3);
    jest.advanceTimersByTime(99);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);

    expect(told.sort()).toEqual(["a: 1,3", "b: 2"]);
  });

  it("that go on for long are told in parts", () => {
    const { told, waves } = gather();

    for (let number = 1; number <= 6; number++) {
      waves.add("a", number);
      jest.advanceTimersByTime(60);
    }
    jest.advanceTimersByTime(100);

    expect(told).toEqual(["a: 1,2,3,4,5", "a: 6"]);
  });

  it("tell nothing after their end", () => {
    const { told, waves } = gather();
    waves.add("a", 1);

    waves.close();
    jest.advanceTimersByTime(1000);

    expect(told).toEqual([]);
  });
});

describe("p99", () => {
  it.each([
    [[], 0],
    [[5], 5],
    [[3, 1, 2], 3],
    [Array.from({ length: 100 }, (_, index) => index + 1), 99],
  ])("of %j is %d", (durations, expected) => {
    expect(p99(durations)).toBe(expected);
  });
});
