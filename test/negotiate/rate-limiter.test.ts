import { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { RateLimiter } from "../../src/negotiate/rate-limiter.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

type Caller = () => string | undefined;

function setUp(perSecond: number | false) {
  const events = new TypedEvents();
  const told: string[] = [];
  events.on("overloaded", ({ endpoint }) => void told.push(endpoint));
  const limit = new RateLimiter({ perSecond, events, spreadInMs: () => 100_000, random: () => 0 });
  const endpoints = ["a", "b"].map((name) => {
    const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
    const config = parseEndpoint({ name, role: "primary", connectionString });
    return new RegisteredEndpoint(createEndpoint(config, "chat"));
  });
  const [a, b] = endpoints as [RegisteredEndpoint, RegisteredEndpoint];
  /** For how long a client is sent away; undefined: it is let in. */
  const admission = (endpoint: RegisteredEndpoint, caller: Caller = () => undefined) =>
    limit.admit(endpoint, caller);
  const refused = (endpoint: RegisteredEndpoint, caller?: Caller) => {
    const admitted = admission(endpoint, caller);
    return admitted.inMs === undefined ? admitted.retryAfterInSeconds : undefined;
  };
  const enter = (endpoint: RegisteredEndpoint, caller: Caller = () => undefined) =>
    limit.enter(endpoint, caller);
  return { limit: { admit: refused }, admission, enter, a, b, told };
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

describe("a caller that asks again before its time", () => {
  it("is told the same time, however often, while others keep theirs", async () => {
    const { limit, a } = setUp(1);
    const ask = (name: string) => limit.admit(a, () => name);
    expect([ask("ada"), ask("mallory"), ask("bob")]).toEqual([undefined, 1, 2]);
    expect([ask("mallory"), ask("mallory"), ask("bob")]).toEqual([1, 1, 2]);
    expect(ask("eve")).toBe(3);
    await jest.advanceTimersByTimeAsync(500);
    expect([ask("mallory"), ask("bob"), ask("eve")]).toEqual([1, 2, 3]);
    expect(ask("dan")).toBe(4);
  });

  it("takes nothing that has become free for those whose time has come", async () => {
    const { limit, a } = setUp(1);
    const ask = (name: string) => limit.admit(a, () => name);
    expect([ask("ada"), ask("bob"), ask("mallory")]).toEqual([undefined, 1, 2]);
    await jest.advanceTimersByTimeAsync(1000);
    expect([ask("mallory"), ask("mallory"), ask("bob")]).toEqual([1, 1, undefined]);
    await jest.advanceTimersByTimeAsync(1000);
    expect(ask("mallory")).toBeUndefined();
  });

  it("keeps a time beyond the longest wait as well", () => {
    const { limit, a } = setUp(0.005);
    const ask = (name: string) => limit.admit(a, () => name);
    expect([ask("ada"), ask("bob"), ask("bob")]).toEqual([undefined, 200, 200]);
  });

  it("has a time of its own at each endpoint", () => {
    const { limit, a, b } = setUp(1);
    const ask = (endpoint: typeof a, name: string) => limit.admit(endpoint, () => name);
    expect([ask(a, "x"), ask(a, "ada"), ask(b, "ada"), ask(b, "ada")]).toEqual([
      undefined,
      1,
      undefined,
      1,
    ]);
  });

  it("is a new one when its name is not known", () => {
    const { limit, a } = setUp(1);
    const ask = () => limit.admit(a, () => undefined);
    expect([ask(), ask(), ask()]).toEqual([undefined, 1, 2]);
  });
});

it("once let in, a caller has no time to wait for any more", async () => {
  const { limit, a } = setUp(1);
  const ask = (name: string) => limit.admit(a, () => name);
  expect([ask("ada"), ask("bob")]).toEqual([undefined, 1]);
  await jest.advanceTimersByTimeAsync(1000);
  expect(ask("bob")).toBeUndefined();
  await jest.advanceTimersByTimeAsync(1000);
  expect(ask("bob")).toBeUndefined();
});

it("no more than 100,000 callers are remembered, and the rest wait as well", () => {
  const { limit, a } = setUp(1000);
  const told = Array.from({ length: 120_000 }, (_, caller) => limit.admit(a, () => `c${caller}`));
  expect(told.filter((seconds) => seconds === undefined)).toHaveLength(1000);
  expect(limit.admit(a, () => "c119999")).toBe(told[119_999]);
});

describe("a client for whom there is no place at this moment", () => {
  it("is held for up to half a second rather than refused", async () => {
    const { admission, a } = setUp(2);
    expect([admission(a), admission(a), admission(a)]).toMatchObject([
      { inMs: 0 },
      { inMs: 0 },
      { retryAfterInSeconds: 1 },
    ]);
    await jest.advanceTimersByTimeAsync(1000);
    const { admission: fresh, a: other } = setUp(2);
    fresh(other);
    await jest.advanceTimersByTimeAsync(600);
    fresh(other);
    expect(fresh(other)).toEqual({ inMs: 400 });
    expect(fresh(other)).toEqual({ retryAfterInSeconds: 1 });
  });

  it("is held for up to three seconds once it has waited, and then told when there is one", async () => {
    const { admission, a } = setUp(1);
    const ask = (name: string) => admission(a, () => name);
    for (const name of ["ada", "bob", "cleo", "dan", "eve", "fay"]) ask(name);
    await jest.advanceTimersByTimeAsync(5000);
    const told = ["bob", "cleo", "dan", "eve", "fay"].map(ask);
    const held = [0, 1000, 2000, 3000].map((inMs) => ({ inMs }));
    expect(told).toEqual([...held, { retryAfterInSeconds: 4 }]);
    await jest.advanceTimersByTimeAsync(4000);
    expect(ask("fay")).toEqual({ inMs: 0 });
  });

  it("is not held while others are to come who wait for their time", async () => {
    const { admission, a } = setUp(1);
    const ask = (name: string) => admission(a, () => name);
    for (const name of ["ada", "bob", "cleo"]) ask(name);
    await jest.advanceTimersByTimeAsync(1000);
    expect(ask("bob")).toEqual({ inMs: 0 });
    await jest.advanceTimersByTimeAsync(600);
    expect(ask("dan")).toEqual({ retryAfterInSeconds: 2 });
    expect(ask("cleo")).toEqual({ retryAfterInSeconds: 1 });
  });
});

describe("a client that enters", () => {
  it("goes on at once when there is a place", () => {
    const { enter, a } = setUp(1);
    expect(enter(a)).toBeUndefined();
  });

  it("goes on as soon as there is a place when it is held", async () => {
    const { enter, a } = setUp(1);
    void enter(a);
    await jest.advanceTimersByTimeAsync(600);
    let isIn = false;
    const entering = Promise.resolve(enter(a)).then(() => {
      isIn = true;
    });
    await jest.advanceTimersByTimeAsync(399);
    expect(isIn).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await entering;
    expect(isIn).toBe(true);
  });

  it("is refused with its time when it is sent away", () => {
    const { enter, a } = setUp(0.5);
    void enter(a);
    expect(() => enter(a)).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({ status: 503, headers: { "Retry-After": "2" } }),
      }),
    );
  });
});
