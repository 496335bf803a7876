import {
  pastHoldDownInMs,
  type UsableSince,
  updateUsableSince,
} from "../../src/failback/hold-down.ts";

const HOLD_DOWN = 60_000;

interface Home {
  readonly name: string;
  readonly role: "primary" | "secondary";
  readonly weight: undefined;
  isUsable: boolean;
  forced: boolean;
}

const endpoint = (name: string, role: Home["role"]): Home => ({
  name,
  role,
  weight: undefined,
  isUsable: true,
  forced: false,
});

/** Each step is a time, and what changes then: `+p1` up, `-p1` down, `!s1` forced, `~s1` no longer. */
function calmAfter(steps: [number, string][], now: number): number | undefined {
  const all = [endpoint("p1", "primary"), endpoint("p2", "primary"), endpoint("s1", "secondary")];
  let steadiness: UsableSince<Home> = new Map();
  for (const [at, change] of steps) {
    for (const one of all.filter(({ name }) => change.includes(name))) {
      const sign = change[change.indexOf(one.name) - 1];
      if (sign === "+" || sign === "-") one.isUsable = sign === "+";
      else one.forced = sign === "!";
    }
    steadiness = updateUsableSince(steadiness, all, at);
  }
  return pastHoldDownInMs(steadiness, HOLD_DOWN, now);
}

it.each<[string, [number, string][], number | undefined]>([
  ["no primary is up", [[0, "-p1 -p2"]], undefined],
  ["counts from when this process knows it up", [[0, "+p1 -p2"]], 40_000],
  [
    "a look that finds no change changes nothing",
    [
      [0, "+p1 -p2"],
      [50_000, ""],
    ],
    40_000,
  ],
  [
    "begins anew after a waver",
    [
      [0, "+p1 -p2"],
      [10_000, "-p1"],
      [10_001, "+p1"],
    ],
    29_999,
  ],
  [
    "the youngest of several primaries counts",
    [
      [0, "+p1 -p2"],
      [90_000, "+p2"],
    ],
    -50_000,
  ],
  [
    "a primary that is down holds up nobody",
    [
      [0, "+p1 +p2"],
      [90_000, "-p2"],
    ],
    40_000,
  ],
  [
    "nobody is called while a secondary is forced",
    [
      [0, "+p1 +p2"],
      [1, "!s1"],
    ],
    undefined,
  ],
  [
    "and the hold-down begins anew after that",
    [
      [0, "!s1"],
      [50_000, "~s1"],
    ],
    -10_000,
  ],
  [
    "a forced primary is the only home",
    [
      [0, "!p1"],
      [90_000, "-p2"],
      [95_000, "+p2"],
    ],
    40_000,
  ],
  [
    "a forced primary that is down is no home",
    [
      [0, "!p1"],
      [1, "-p1"],
    ],
    undefined,
  ],
])("hold-down: %s", (_, steps, expected) => {
  expect(calmAfter(steps, 100_000)).toBe(expected);
});
