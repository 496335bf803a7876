import type { AbortSignalLike } from "../../src/contract/abort-signal.ts";
import { waitAtMost, withDeadline } from "../../src/kit/deadline.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

const never = () => new Promise<never>(() => {});

it("withDeadline gives the result of an operation that is in time", async () => {
  await expect(withDeadline(100, undefined, async () => "done")).resolves.toBe("done");
  expect(jest.getTimerCount()).toBe(0);
});

it("withDeadline rejects at the deadline even if the operation takes no notice of its signal", async () => {
  const outcome = expect(withDeadline(100, undefined, never)).rejects.toMatchObject({
    code: "ERR_DEADLINE_EXCEEDED",
    message: "No answer within 100 ms",
  });
  await jest.advanceTimersByTimeAsync(100);
  await outcome;
});

it("withDeadline ends the operation when the caller's signal does, with the caller's reason", async () => {
  const caller = new AbortController();
  const outcome = expect(withDeadline(100, caller.signal, never)).rejects.toBe("enough");
  caller.abort("enough");
  await outcome;
  expect(jest.getTimerCount()).toBe(0);
});

it("withDeadline does not start an operation whose caller has given up", async () => {
  const operation = jest.fn(never);
  await expect(withDeadline(100, AbortSignal.abort("before"), operation)).rejects.toBe("before");
  expect(operation).not.toHaveBeenCalled();
});

it("withDeadline does not leave a rejection of an abandoned operation unhandled", async () => {
  const operation = async (signal: AbortSignalLike) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new Error("aborted, in the library's words");
  };
  const outcome = expect(withDeadline(100, undefined, operation)).rejects.toMatchObject({
    code: "ERR_DEADLINE_EXCEEDED",
  });
  await jest.advanceTimersByTimeAsync(100);
  await outcome;
});

it.each([
  ["in time", 100, false],
  ["half a deadline late", 150, false],
  ["later than that: this process was blocked", 151, true],
])("withDeadline tells whether its timer fired %s", async (_, elapsedInMs, isOwnStall) => {
  const startedAt = performance.now();
  const outcome = expect(withDeadline(100, undefined, never)).rejects.toMatchObject({ isOwnStall });
  jest.spyOn(performance, "now").mockReturnValue(startedAt + elapsedInMs);
  await jest.advanceTimersByTimeAsync(100);
  await outcome;
});

it("waitAtMost waits for a promise no longer than the budget", async () => {
  const settled = jest.fn();
  void waitAtMost(100, never()).then(settled);
  await jest.advanceTimersByTimeAsync(99);
  expect(settled).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalled();
});
