import type { RequestType } from "../../src/emulator/contract/fault.ts";
import { createDice, type Dice, drawShare } from "../../src/emulator/faults/dice.ts";
import { parseFaults } from "../../src/emulator/faults/fault-options.ts";
import { judge, type Verdict } from "../../src/emulator/faults/verdict.ts";
import type { Fault } from "../../src/emulator/index.ts";

const requestTypes: RequestType[] = ["Health", "RESTAPI", "ClientConnection"];

const noDice: Dice = () => {
  throw new Error("nothing depends on dice here");
};

/** What the dice show, one throw after the other. */
const loadedDice = (...throws: number[]): Dice => {
  return () => throws.shift() ?? noDice();
};

const verdictOn = (faults: Fault | Fault[], type: RequestType, dice = noDice): Verdict =>
  judge(parseFaults(faults), type, dice);

/** A verdict in few words: `serve`, `hold` or a status, and how late. */
function inShort(verdict: Verdict): string {
  if (verdict.kind === "hold") return "hold";
  const retryAfter = verdict.kind === "answer" ? verdict.headers["Retry-After"] : undefined;
  return [
    verdict.kind === "serve" ? "serve" : String(verdict.status),
    retryAfter === undefined ? "" : `again in ${retryAfter} s`,
    verdict.delay.inMs === 0 ? "" : `${verdict.delay.inMs} ms late`,
  ]
    .filter(Boolean)
    .join(", ");
}

describe("what each fault does to health checks, REST calls and handshakes", () => {
  test.each<[Fault, string, string, string]>([
    [{ kind: "crash" }, "hold", "hold", "hold"],
    [{ kind: "blackhole" }, "hold", "hold", "hold"],
    [{ kind: "blackhole", requestTypes: ["Health"] }, "hold", "serve", "serve"],
    [{ kind: "unhealthy" }, "503", "503", "503"],
    [{ kind: "unhealthy", status: 500, requestTypes: ["RESTAPI"] }, "serve", "500", "serve"],
    [
      { kind: "unhealthy", retryAfterInSeconds: 0 },
      "503, again in 0 s",
      "503, again in 0 s",
      "503, again in 0 s",
    ],
    [{ kind: "throttle" }, "serve", "429", "429"],
    [
      { kind: "throttle", retryAfterInSeconds: 7 },
      "serve",
      "429, again in 7 s",
      "429, again in 7 s",
    ],
    [{ kind: "throttle", requestTypes: ["ClientConnection"] }, "serve", "serve", "429"],
    [{ kind: "accessDenied" }, "serve", "403", "403"],
    [{ kind: "accessDenied", requestTypes: ["RESTAPI"] }, "serve", "403", "serve"],
    [{ kind: "accessDenied", requestTypes: ["Health"] }, "403", "serve", "serve"],
    [
      { kind: "latency", delayInMs: 30 },
      "serve, 30 ms late",
      "serve, 30 ms late",
      "serve, 30 ms late",
    ],
    [
      { kind: "latency", delayInMs: 30, requestTypes: ["RESTAPI"] },
      "serve",
      "serve, 30 ms late",
      "serve",
    ],
    [{ kind: "gray" }, "serve", "500", "serve"],
    [{ kind: "gray", status: 502 }, "serve", "502", "serve"],
  ])("%j", (fault, ...expected) => {
    expect(requestTypes.map((type) => inShort(verdictOn(fault, type)))).toEqual(expected);
  });
});

describe("several faults at once", () => {
  test.each<[string, Fault[], string]>([
    ["the first that decides does", [{ kind: "gray" }, { kind: "throttle" }], "500"],
    [
      "one that has no say lets the next decide",
      [{ kind: "gray", requestTypes: ["Health"] }, { kind: "throttle" }],
      "429",
    ],
    [
      "latencies add up",
      [
        { kind: "latency", delayInMs: 10 },
        { kind: "latency", delayInMs: 5 },
      ],
      "serve, 15 ms late",
    ],
    [
      "latency makes the answer of what follows late",
      [{ kind: "latency", delayInMs: 10 }, { kind: "gray" }],
      "500, 10 ms late",
    ],
    [
      "latency after what decides does nothing",
      [{ kind: "gray" }, { kind: "latency", delayInMs: 10 }],
      "500",
    ],
    [
      "a blackhole takes what is late too",
      [{ kind: "latency", delayInMs: 9 }, { kind: "blackhole" }],
      "hold",
    ],
  ])("%s", (_what, faults, expected) => {
    expect(inShort(verdictOn(faults, "RESTAPI"))).toBe(expected);
  });

  test("a delay names the faults that it comes from", () => {
    const faults = parseFaults([
      { kind: "latency", delayInMs: 10 },
      { kind: "latency", delayInMs: 10, requestTypes: ["Health"] },
    ]);
    expect(judge(faults, "RESTAPI", noDice)).toMatchObject({ delay: { by: [faults[0]] } });
  });
});

describe("a share", () => {
  test.each([
    [0.29, "500"],
    [0.3, "serve"],
    [0.99, "serve"],
  ])("of 0.3 and a throw of %d: %s", (thrown, expected) => {
    const fault: Fault = { kind: "gray", share: 0.3 };
    expect(inShort(verdictOn(fault, "RESTAPI", loadedDice(thrown)))).toBe(expected);
  });

  test("throws no dice for requests that the fault does not concern", () => {
    expect(inShort(verdictOn({ kind: "gray", share: 0.3 }, "Health"))).toBe("serve");
  });

  test("is thrown for by every fault on its own", () => {
    const faults: Fault[] = [
      { kind: "gray", share: 0.5 },
      { kind: "throttle", share: 0.5 },
    ];
    expect(inShort(verdictOn(faults, "RESTAPI", loadedDice(0.9, 0.1)))).toBe("429");
  });
});

test.each([
  [0, "serve, 100 ms late"],
  [0.5, "serve, 125 ms late"],
  [0.999, "serve, 150 ms late"],
])("jitter adds to the delay: a throw of %d", (thrown, expected) => {
  const fault: Fault = { kind: "latency", delayInMs: 100, jitterInMs: 50 };
  expect(inShort(verdictOn(fault, "Health", loadedDice(thrown)))).toBe(expected);
});

describe("dice", () => {
  const throwMany = (seed: number, count: number): number[] => {
    const dice = createDice(seed);
    return Array.from({ length: count }, () => dice());
  };

  test("fall the same way for the same seed, and another way for another", () => {
    expect(throwMany(7, 20)).toEqual(throwMany(7, 20));
    expect(throwMany(7, 20)).not.toEqual(throwMany(8, 20));
  });

  test.each([0, 1, -5, 2 ** 40])("are fair for seed %d", (seed) => {
    const throws = throwMany(seed, 10_000);
    expect(Math.min(...throws)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...throws)).toBeLessThan(1);
    const low = throws.filter((it) => it < 0.3).length;
    expect(low).toBeGreaterThan(2800);
    expect(low).toBeLessThan(3200);
  });

  test.each([
    [0, 1, 0],
    [1, 0.01, 1],
    [10, 0.3, 3],
    [10, 0.25, 3],
    [10, 1, 10],
  ])("draw of %d items a share of %d: %d different ones", (length, share, expected) => {
    const items = Array.from({ length }, (_item, index) => index);
    const drawn = drawShare(items, share, createDice(3));
    expect(new Set(drawn).size).toBe(expected);
    expect(drawn.every((item) => items.includes(item))).toBe(true);
  });
});
