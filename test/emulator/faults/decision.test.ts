import type { RequestType } from "../../../src/emulator/contract/fault.ts";
import {
  decideFault,
  drawFault,
  type FaultDecision,
} from "../../../src/emulator/faults/fault-decision.ts";
import { parseFaults } from "../../../src/emulator/faults/fault-options.ts";
import {
  createRandomSource,
  pickShare,
  type RandomSource,
} from "../../../src/emulator/faults/random-source.ts";
import type { Fault } from "../../../src/emulator/index.ts";

const requestTypes: RequestType[] = ["Health", "RESTAPI", "ClientConnection"];

const noRandomness: RandomSource = () => {
  throw new Error("nothing depends on a random number here");
};

/** Draws these numbers, one after the other. */
const drawing = (...numbers: number[]): RandomSource => {
  return () => numbers.shift() ?? noRandomness();
};

const decisionOn = (
  faults: Fault | Fault[],
  type: RequestType,
  random = noRandomness,
): FaultDecision =>
  decideFault(parseFaults(faults), { type, content: [Buffer.from("a bad text")] }, random);

/** A decision in few words: `serve`, `hold` or a status, and how late. */
function inShort(decision: FaultDecision): string {
  if (decision.kind === "hold") return "hold";
  const retryAfter =
    decision.kind === "answer" ? decision.answer.headers["Retry-After"] : undefined;
  return [
    decision.kind === "serve" ? "serve" : String(decision.answer.status),
    retryAfter === undefined ? "" : `again in ${retryAfter} s`,
    decision.delay.inMs === 0 ? "" : `${decision.delay.inMs} ms late`,
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
    [{ kind: "half-open" }, "hold", "hold", "hold"],
    [{ kind: "half-open", requestTypes: ["RESTAPI"] }, "serve", "hold", "serve"],
    [{ kind: "slow-link", bytesPerSecond: 1 }, "serve", "serve", "serve"],
    [{ kind: "tls", certificate: "wrong" }, "serve", "serve", "serve"],
    [{ kind: "dns" }, "serve", "serve", "serve"],
    [{ kind: "poison", text: "bad" }, "serve", "403", "403"],
    [
      { kind: "poison", text: "bad", status: 406, requestTypes: ["Health"] },
      "406",
      "serve",
      "serve",
    ],
    [{ kind: "poison", text: "good" }, "serve", "serve", "serve"],
  ])("%j", (fault, ...expected) => {
    expect(requestTypes.map((type) => inShort(decisionOn(fault, type)))).toEqual(expected);
  });
});

describe("several faults at once", () => {
  test.each<[string, Fault[], string]>([
    ["the first that decides does", [{ kind: "gray" }, { kind: "throttle" }], "500"],
    [
      "one that does not hit the request lets the next decide",
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
    expect(inShort(decisionOn(faults, "RESTAPI"))).toBe(expected);
  });

  test("a delay names the faults that it comes from", () => {
    const faults = parseFaults([
      { kind: "latency", delayInMs: 10 },
      { kind: "latency", delayInMs: 10, requestTypes: ["Health"] },
    ]);
    expect(decideFault(faults, { type: "RESTAPI" }, noRandomness)).toMatchObject({
      delay: { by: [faults[0]] },
    });
  });
});

describe("a share", () => {
  test.each([
    [0.29, "500"],
    [0.3, "serve"],
    [0.99, "serve"],
  ])("a share of 0.3 with the random number %d: %s", (random, expected) => {
    const fault: Fault = { kind: "gray", share: 0.3 };
    expect(inShort(decisionOn(fault, "RESTAPI", drawing(random)))).toBe(expected);
  });

  test.each<Fault>([
    { kind: "gray", share: 0.3 },
    { kind: "poison", text: "good", share: 0.3, requestTypes: ["Health"] },
    { kind: "slow-link", bytesPerSecond: 1, share: 0.3 },
    { kind: "dns", share: 0.3 },
  ])("no random number is drawn for requests that %j does not concern", (fault) => {
    expect(inShort(decisionOn(fault, "Health"))).toBe("serve");
  });

  test.each([
    [[0.4], "ENOTFOUND"],
    [[0.5, 0.1], "EAI_AGAIN"],
    [[0.5, 0.5], undefined],
  ])("of what is no request, the first fault that draws it decides: %j", (numbers, answer) => {
    const faults = parseFaults([
      { kind: "gray", share: 0.1 },
      { kind: "dns", share: 0.5 },
      { kind: "dns", share: 0.5, answer: "EAI_AGAIN" },
    ]);
    expect(drawFault(faults, "dns", drawing(...numbers))?.answer).toBe(answer);
  });

  test("the share of each fault is drawn on its own", () => {
    const faults: Fault[] = [
      { kind: "gray", share: 0.5 },
      { kind: "throttle", share: 0.5 },
    ];
    expect(inShort(decisionOn(faults, "RESTAPI", drawing(0.9, 0.1)))).toBe("429");
  });
});

test.each([
  [0, "serve, 100 ms late"],
  [0.5, "serve, 125 ms late"],
  [0.999, "serve, 150 ms late"],
])("jitter adds to the delay: the random number %d", (random, expected) => {
  const fault: Fault = { kind: "latency", delayInMs: 100, jitterInMs: 50 };
  expect(inShort(decisionOn(fault, "Health", drawing(random)))).toBe(expected);
});

describe("a random source", () => {
  const drawMany = (seed: number, count: number): number[] => {
    const random = createRandomSource(seed);
    return Array.from({ length: count }, () => random());
  };

  test("a random source draws the same numbers for the same seed, and others for another", () => {
    expect(drawMany(7, 20)).toEqual(drawMany(7, 20));
    expect(drawMany(7, 20)).not.toEqual(drawMany(8, 20));
  });

  test.each([0, 1, -5, 2 ** 40])("a random source is evenly spread for seed %d", (seed) => {
    const numbers = drawMany(seed, 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const low = numbers.filter((it) => it < 0.3).length;
    expect(low).toBeGreaterThan(2800);
    expect(low).toBeLessThan(3200);
  });

  test.each([
    [0, 1, 0],
    [1, 0.01, 1],
    [10, 0.3, 3],
    [10, 0.25, 3],
    [10, 1, 10],
  ])("picks of %d items a share of %d: %d different ones", (length, share, expected) => {
    const items = Array.from({ length }, (_item, index) => index);
    const picked = pickShare(items, share, createRandomSource(3));
    expect(new Set(picked).size).toBe(expected);
    expect(picked.every((item) => items.includes(item))).toBe(true);
  });
});
