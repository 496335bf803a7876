import { Throttle } from "../../../src/emulator/faults/throttle.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const throttleOf = (bytesPerSecond?: number): Throttle => {
  const throttle = new Throttle();
  throttle.set(bytesPerSecond);
  return throttle;
};

/** Sends so many bytes in the steps that the throttle wants; tells when each step was over. */
async function send(throttle: Throttle, bytes: number): Promise<number[]> {
  const start = performance.now();
  const times: number[] = [];
  for (let left = bytes; left > 0; ) {
    const step = Math.min(left, throttle.stepBytes);
    left -= step;
    await throttle.pass(step);
    times.push(Math.round(performance.now() - start));
  }
  return times;
}

const afterTime = async <T>(task: Promise<T>, ms: number): Promise<T | "waiting"> => {
  await jest.advanceTimersByTimeAsync(ms);
  return Promise.race([task, Promise.resolve("waiting" as const)]);
};

describe("a throttle", () => {
  test.each([
    [1000, 1000, 1000],
    [1000, 250, 250],
    [60_000, 900_000, 15_000],
    [1, 3, 3000],
    [7, 1, 143],
    [50_000_000, 100_000_000, 2000],
  ])("lets at %p bytes per second %p bytes through in %p ms", async (speed, bytes, ms) => {
    const sending = send(throttleOf(speed), bytes);
    expect(await afterTime(sending, ms - 2)).toBe("waiting");
    expect(await afterTime(sending, 3)).not.toBe("waiting");
  });

  test.each([
    [1000, 20],
    [10, 1],
    [100_000_000, 16_384],
  ])("at %p bytes per second takes %p at once", (speed, bytes) => {
    expect(throttleOf(speed).stepBytes).toBe(bytes);
  });

  test.each([1, 1000])("lets %p bytes go on at once when it is opened", async (speed) => {
    const throttle = throttleOf(speed);
    const sending = send(throttle, 1_000_000);
    expect(await afterTime(sending, 1000)).toBe("waiting");
    throttle.set();
    expect(await afterTime(sending, 0)).not.toBe("waiting");
    expect(throttle.isOpen).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("lets bytes through at once when it has never been set", async () => {
    const throttle = new Throttle();
    expect(await send(throttle, 1_000_000)).toEqual([0]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test("has nothing to spare for having been idle but a step", async () => {
    const throttle = throttleOf(1000);
    await afterTime(send(throttle, 100), 100);
    await jest.advanceTimersByTimeAsync(60_000);
    const sending = send(throttle, 1000);
    expect(await afterTime(sending, 970)).toBe("waiting");
    expect(await afterTime(sending, 20)).not.toBe("waiting");
  });

  test("goes on at its new speed from the next step on", async () => {
    const throttle = throttleOf(1);
    const sending = send(throttle, 1000);
    await afterTime(sending, 3000);
    throttle.set(1000);
    expect(await afterTime(sending, 900)).toBe("waiting");
    expect(await afterTime(sending, 200)).not.toBe("waiting");
  });
});
