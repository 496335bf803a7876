import { EventBatches } from "../../../demo-app/events/event-batches.ts";
import type { EventDescription } from "../../../demo-app/events/event-recorder.ts";
import { recordPluginEvents } from "../../../demo-app/events/plugin-events.ts";
import { distributionOf } from "../../../demo-app/kit/distribution.ts";
import { TypedEvents } from "../../../src/kit/typed-events.ts";

function recordedPluginEvents() {
  const events = new TypedEvents();
  const recorded: EventDescription[] = [];
  recordPluginEvents({ events }, "eastus", (one) => recorded.push(one));
  return { events, recorded };
}

describe("an event of the plugin", () => {
  it("becomes a sentence, with the app server that it happened at", () => {
    const { events, recorded } = recordedPluginEvents();

    events.emit("failover", { from: "eastus", to: "westus", reason: "refused" });

    expect(recorded).toEqual([
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
    const { events, recorded } = recordedPluginEvents();

    events.emit("endpointUp", { endpoint: "eastus" });
    events.emit("endpointUp", { endpoint: "eastus", reason: "timeout" });

    expect(recorded.map(({ text }) => text)).toEqual(["eastus is healthy again (it was: timeout)"]);
  });

  it("names an error, and never quotes it", () => {
    const { events, recorded } = recordedPluginEvents();
    const error = new TypeError("https://example.com/?access_token=secret");

    events.emit("tokenFailed", { endpoint: "eastus", error });
    events.emit("handlerError", {
      handler: "upstream",
      error: Object.assign(error, { code: "E" }),
    });

    expect(recorded.map(({ text }) => text)).toEqual([
      "eastus gave no token: TypeError",
      "upstream failed: E",
    ]);
  });
});

describe("batches", () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const gather = () => {
    const recorded: string[] = [];
    const limits = { quietForInMs: 100, longestInMs: 250 };
    const batches = new EventBatches<number>(limits, (key, items) =>
      recorded.push(`${key}: ${items}`),
    );
    return { recorded, batches };
  };

  it("are told when nothing has come for a while, each key for itself", () => {
    const { recorded, batches } = gather();

    batches.add("a", 1);
    jest.advanceTimersByTime(60);
    batches.add("b", 2);
    batches.add("a", 3);
    jest.advanceTimersByTime(99);
    expect(recorded).toEqual([]);
    jest.advanceTimersByTime(1);

    expect(recorded.sort()).toEqual(["a: 1,3", "b: 2"]);
  });

  it("that go on for long are told in parts", () => {
    const { recorded, batches } = gather();

    for (let number = 1; number <= 6; number++) {
      batches.add("a", number);
      jest.advanceTimersByTime(60);
    }
    jest.advanceTimersByTime(100);

    expect(recorded).toEqual(["a: 1,2,3,4,5", "a: 6"]);
  });

  it("tell nothing after their end", () => {
    const { recorded, batches } = gather();
    batches.add("a", 1);

    batches.close();
    jest.advanceTimersByTime(1000);

    expect(recorded).toEqual([]);
  });
});

describe("p99", () => {
  it.each([
    [[], 0],
    [[5], 5],
    [[3, 1, 2], 3],
    [Array.from({ length: 100 }, (_, index) => index + 1), 99],
  ])("of %j is %d", (durations, expected) => {
    expect(distributionOf(durations).p99).toBe(expected);
  });
});
