import { distributionOf } from "../../../demo-app/kit/distribution.ts";

it.each([
  [[], { min: 0, p50: 0, p90: 0, p99: 0, max: 0 }],
  [[7], { min: 7, p50: 7, p90: 7, p99: 7, max: 7 }],
  [[4, 1, 3, 2], { min: 1, p50: 2, p90: 4, p99: 4, max: 4 }],
])("the distribution of %j has its minimum, percentiles and maximum", (values, expected) => {
  expect(distributionOf(values)).toEqual(expected);
});

describe("the 99th percentile", () => {
  it.each([
    [[], 0],
    [[5], 5],
    [[3, 1, 2], 3],
    [Array.from({ length: 100 }, (_, index) => index + 1), 99],
  ])("of %j is %d", (durations, expected) => {
    expect(distributionOf(durations).p99).toBe(expected);
  });
});
