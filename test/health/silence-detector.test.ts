import { SilenceDetector } from "../../src/health/silence-detector.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();
afterEach(() => jest.restoreAllMocks());

it("an endpoint is silent when its deadline has passed, counted from the first unanswered check", () => {
  const silence = new SilenceDetector();
  silence.expectAnswer(500);
  jest.advanceTimersByTime(300);
  silence.expectAnswer(500);
  expect(silence.isSilent).toBe(false);
  jest.advanceTimersByTime(200);
  expect(silence.isSilent).toBe(true);
});

it("an answer ends the silence of an endpoint, which begins anew with the next check", () => {
  const silence = new SilenceDetector();
  silence.expectAnswer(500);
  jest.advanceTimersByTime(499);
  silence.reset();
  jest.advanceTimersByTime(500);
  expect(silence.isSilent).toBe(false);
  silence.expectAnswer(500);
  jest.advanceTimersByTime(500);
  expect(silence.isSilent).toBe(true);
  silence.reset();
  expect(silence.isSilent).toBe(false);
});

it("an endpoint is not silent when this process was blocked: its answer gets another chance", () => {
  const silence = new SilenceDetector();
  const startedAt = performance.now();
  silence.expectAnswer(500);
  const blocked = jest.spyOn(performance, "now").mockReturnValue(startedAt + 3000);
  jest.advanceTimersByTime(500);
  expect(silence.isSilent).toBe(false);
  blocked.mockReturnValue(startedAt + 3500);
  jest.advanceTimersByTime(500);
  expect(silence.isSilent).toBe(true);
});
