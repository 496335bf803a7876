import { growthOf, type SoakFigures, violationsOf } from "./verdict.ts";

const good: SoakFigures = {
  negotiates: 1000,
  failedNegotiates: {},
  missed: { east: 0, west: 0 },
  faults: { crash: 1 },
  last: {
    port: 1,
    healthy: ["east", "west"],
    broadcasts: 100,
    undelivered: { east: 3, west: 0 },
    allDown: 0,
    unhandledRejections: [],
    warnings: [],
    rssInMib: 100,
  },
  rssInMib: [50, 100, 100, 100, 104],
};

describe("the verdict on a soak names", () => {
  it.each<[string, Partial<SoakFigures>, string[]]>([
    ["nothing when all is well", {}, []],
    [
      "negotiates that failed",
      { failedNegotiates: { "status 503": 2 } },
      ["2 negotiates failed while one endpoint was up: status 503"],
    ],
    [
      "messages that a region missed which was up",
      { missed: { east: 0, west: 7 } },
      ["7 messages did not reach west while it was up"],
    ],
    [
      "moments without an endpoint",
      { last: { ...good.last, allDown: 2 } },
      ["2 times no endpoint was left"],
    ],
    [
      "unhandled rejections and warnings",
      { last: { ...good.last, unhandledRejections: ["boom"], warnings: ["leak"] } },
      ["unhandled rejection: boom", "process warning: leak"],
    ],
    ["memory that grows", { rssInMib: [50, 100, 100, 100, 106] }, ["memory grew by 6.0 %"]],
  ])("%s", (_, change, expected) => {
    expect(violationsOf({ ...good, ...change })).toEqual(expected);
  });
});

it("the growth of memory is counted from after the warm-up", () => {
  expect(growthOf([10, 20, 100, 100, 100, 100, 100, 100, 110, 110])).toBeCloseTo(0.1);
  expect(growthOf([1, 2])).toBe(0);
});
