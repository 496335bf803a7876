import { AdmissionWindow } from "../../src/negotiate/admission-window.ts";

/** What becomes of those that come at these seconds: let in, or for how many milliseconds there is no place. */
function verdictsOf(perSecond: number, times: readonly number[]): string[] {
  const window = new AdmissionWindow(perSecond);
  return times.map((seconds) => {
    const inMs = window.waitInMs(1000 * seconds);
    if (inMs === 0) window.take(1000 * seconds);
    return inMs === 0 ? "+" : String(Math.round(inMs));
  });
}

describe("of those that come at these seconds, a window lets in, and has a place for the others in so many ms,", () => {
  it.each<[number, number[], string]>([
    [1, [0, 0, 0], "+ 1000 1000"],
    [3, [0, 0, 0, 0], "+ + + 1000"],
    [3, [0, 0.2, 0.4, 0.5, 1, 1.1], "+ + + 500 + 100"],
    [1, [0, 0.9, 1, 1.9, 2], "+ 100 + 100 +"],
    [2, [0, 0, 60, 60, 60], "+ + + + 1000"],
    [0.5, [0, 1, 2, 3], "+ 1000 + 1000"],
    [2.5, [0, 0, 0, 0.2, 1.2], "+ + + 1000 +"],
  ])("%d a second, at %j: %s", (perSecond, times, expected) => {
    expect(verdictsOf(perSecond, times).join(" ")).toBe(expected);
  });
});

it("a place may be taken before its time has come", () => {
  const window = new AdmissionWindow(2);
  window.take(0);
  window.take(300);
  expect(window.waitInMs(500)).toBe(500);
  window.take(1000);
  expect(window.waitInMs(500)).toBe(800);
  window.take(1300);
  expect(window.waitInMs(500)).toBe(1500);
});

it.each([1, 2.5, 7, 300])("of %d a second, no second has more, wherever it begins", (perSecond) => {
  const window = new AdmissionWindow(perSecond);
  const times: number[] = [];
  for (let now = 0; times.length < 1000; now += 0.7) {
    if (window.waitInMs(now) > 0) continue;
    window.take(now);
    times.push(now);
  }
  const most = Math.ceil(perSecond);
  times.forEach((time, index) => {
    const later = times[index + most] ?? Number.POSITIVE_INFINITY;
    expect(later - time).toBeGreaterThanOrEqual(1000 - 1e-6);
  });
});

it("the highest limit takes no more memory than any server could use", () => {
  const window = new AdmissionWindow(1e12);
  for (let one = 0; one < 65_536; one += 1) window.take(0);
  expect(window.waitInMs(0)).toBeLessThan(0.001);
});
