import { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { RateLimiter } from "../../src/negotiate/rate-limiter.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

function setUp(perSecond: number | false) {
  const events = new TypedEvents();
  const told: string[] = [];
  events.on("overloaded", ({ endpoint }) => void told.push(endpoint));
  const limit = new RateLimiter({ perSecond, events, random: () => 0 });
  const endpoints = ["a", "b"].map((name) => {
    const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
    const config = parseEndpoint({ name, role: "primary", connectionString });
    return new RegisteredEndpoint(createEndpoint(config, "chat"));
  });
  const [a, b] = endpoints as [RegisteredEndpoint, RegisteredEndpoint];
  return { limit, a, b, told };
}

describe("of many clients that keep to Retry-After,", () => {
  it.each([
    [1000, 100],
    [50, 7],
    [10, 0.5],
    [3000, 250],
  ])(
    "%d at %d a second are all let in, each second no more than the limit, and none is refused twice",
    async (size, perSecond) => {
      const { limit, a } = setUp(perSecond);
      const comingAt = new Map([[0, size]]);
      const admitted: number[] = [];
      let refusals = 0;
      for (let second = 0; comingAt.size > 0; second += 1) {
        const coming = comingAt.get(second) ?? 0;
        comingAt.delete(second);
        admitted[second] = 0;
        for (let client = 0; client < coming; client += 1) {
          const inSeconds = limit.admit(a);
          if (inSeconds === undefined) {
            admitted[second] = (admitted[second] ?? 0) + 1;
            continue;
          }
          refusals += 1;
          comingAt.set(second + inSeconds, (comingAt.get(second + inSeconds) ?? 0) + 1);
        }
        await jest.advanceTimersByTimeAsync(1000);
      }
      const capacity = Math.max(1, perSecond);
      expect(admitted.reduce((sum, count) => sum + count)).toBe(size);
      expect(Math.max(...admitted)).toBeLessThanOrEqual(Math.ceil(capacity));
      expect(admitted.length).toBeLessThanOrEqual(Math.ceil(size / perSecond) + 1);
      expect(refusals).toBe(size - Math.floor(capacity));
    },
  );
});

it("clients of one endpoint do not count against the rate limit of another", () => {
  const { limit, a, b } = setUp(1);
  expect([limit.admit(a), limit.admit(a), limit.admit(a)]).toEqual([undefined, 1, 2]);
  expect([limit.admit(b), limit.admit(b)]).toEqual([undefined, 1]);
});

it("overloaded is announced once a second for each endpoint", async () => {
  const { limit, a, b, told } = setUp(0.01);
  const shed = () => {
    for (let client = 0; client < 100; client += 1) limit.admit(a);
  };
  shed();
  expect(told).toEqual(["a"]);
  await jest.advanceTimersByTimeAsync(999);
  shed();
  expect(told).toEqual(["a"]);
  await jest.advanceTimersByTimeAsync(1);
  shed();
  expect(told).toEqual(["a", "a"]);
  limit.admit(b);
  limit.admit(b);
  expect(told).toEqual(["a", "a", "b"]);
});

it("a jump of the wall clock lets no client past the rate limit", () => {
  const { limit, a } = setUp(1);
  limit.admit(a);
  jest.setSystemTime(Date.now() + 3_600_000);
  expect(limit.admit(a)).toBe(1);
});

it("without a rate limit every client is let in", () => {
  const { limit, a, told } = setUp(false);
  for (let client = 0; client < 10_000; client += 1) expect(limit.admit(a)).toBeUndefined();
  expect(told).toEqual([]);
});
