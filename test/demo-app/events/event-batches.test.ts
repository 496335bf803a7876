import { EventBatches } from "../../../demo-app/events/event-batches.ts";

describe("batches of events", () => {
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

  it("end when nothing has come for a while, each key for itself", () => {
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

  it("are split when they go on for longer than the limit", () => {
    const { recorded, batches } = gather();

    for (let number = 1; number <= 6; number++) {
      batches.add("a", number);
      jest.advanceTimersByTime(60);
    }
    jest.advanceTimersByTime(100);

    expect(recorded).toEqual(["a: 1,2,3,4,5", "a: 6"]);
  });

  it("are dropped when they are closed before their end", () => {
    const { recorded, batches } = gather();
    batches.add("a", 1);

    batches.close();
    jest.advanceTimersByTime(1000);

    expect(recorded).toEqual([]);
  });
});
