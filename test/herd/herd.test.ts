import { parseHerdArguments } from "./arguments.ts";
import { Calendar } from "./calendar.ts";
import { HerdRun } from "./herd.ts";
import { judge } from "./judge.ts";
import { deploymentFor, FAULTS } from "./plan.ts";
import { plotOf } from "./plot.ts";
import { linesOf } from "./report.ts";
import { runStory } from "./stories.ts";

const SMALL = {
  clients: 2000,
  rate: 10,
  balance: "sticky",
  seed: 1,
  ...deploymentFor(2000, 10),
} as const;

it.each(FAULTS)(
  "two thousand clients are let in within the limit, soon, and with few requests; fault: %s",
  (fault) => {
    const plan = { ...SMALL, fault };
    expect(judge(plan, new HerdRun(plan).run()).violations).toEqual([]);
  },
);

it("of two primaries that share, one that is left takes as many as it has room for, and the secondary the rest", () => {
  const { lines, violations } = runStory("overflow", SMALL);
  expect(violations).toEqual([]);
  expect(lines.join("\n")).toContain("2,000 clients on two primaries with room for 1,500 each");
});

it.each(["failback", "stopped-failback", "evacuation", "stopped-evacuation"] as const)(
  "clients are moved at the pace, in the time that was told, and come back at once: %s",
  (story) => {
    expect(runStory(story, { ...SMALL, units: 20 }).violations).toEqual([]);
  },
);

it("a run is told in a few lines, and drawn", () => {
  const plan = { ...SMALL, clients: 200, fault: "none" } as const;
  const recording = new HerdRun(plan).run();
  expect(linesOf(plan, judge(plan, recording)).join("\n")).toContain("200 clients, 2 app servers");
  expect(plotOf(plan, recording)).toMatch(/^<svg .*<\/svg>\n$/s);
});

it("the same seed makes the same run", () => {
  const plan = { ...SMALL, clients: 200, fault: "half-the-servers" } as const;
  const [first, again] = [new HerdRun(plan).run(), new HerdRun(plan).run()];
  expect(again.acceptedAt).toEqual(first.acceptedAt);
});

describe("a calendar", () => {
  it("calls in the order of the times, with what is planned meanwhile", () => {
    const calendar = new Calendar(5);
    const told: [number, number][] = [];
    [40, 10.5, 10.2, 5000].forEach((at, member) => {
      calendar.plan(member, at);
    });
    calendar.runUntil(1000, (member, now) => {
      told.push([member, now]);
      if (member === 2) calendar.plan(4, now + 0.1);
    });
    expect(told.map(([member]) => member).sort()).toEqual([0, 1, 2, 4]);
    expect(told.map(([, now]) => now)).toEqual(
      [...told.map(([, now]) => now)].sort((a, b) => a - b),
    );
    expect(calendar.size).toBe(1);
  });

  it("forgets all that is planned when it is cleared", () => {
    const calendar = new Calendar(1);
    calendar.plan(0, 10);
    calendar.clear();
    calendar.runUntil(100, () => {
      throw new Error("It was cleared.");
    });
    expect(calendar.size).toBe(0);
  });
});

describe("the command line", () => {
  it("runs a million clients by default", () => {
    const { plans } = parseHerdArguments([]);
    expect(plans).toEqual([
      {
        clients: 1_000_000,
        servers: 20,
        units: 1000,
        rate: 10,
        seed: 1,
        fault: "none",
        balance: "sticky",
      },
    ]);
  });

  it("runs each fault in turn if told so", () => {
    const { plans } = parseHerdArguments(["--clients", "5", "--fault", "all"]);
    expect(plans.map(({ fault }) => fault)).toEqual(FAULTS);
  });

  it.each([
    [["--clients", "many"], "--clients"],
    [["--rate", "0"], "--rate"],
    [["--fault", "flood"], "--fault"],
    [["--balance", "fair"], "--balance"],
    [["--story", "fairytale"], "--story"],
    [["--story", "overflow", "--fault", "dark"], "--story"],
    [["--fault", "all", "--plot", "a.svg"], "--plot"],
  ])("refuses %j, and names the option", (args, option) => {
    expect(() => parseHerdArguments(args)).toThrow(option);
  });
});
