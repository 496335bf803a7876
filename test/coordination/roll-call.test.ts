import { writeReport } from "../../src/coordination/observation.ts";
import {
  callRoll,
  departed,
  notCalled,
  present,
  type RollCall,
  voters,
} from "../../src/coordination/roll-call.ts";
import { observation } from "./support/observations.ts";

const LEASE = 1000;

/** What is found at a time: `a5 east+` is the fifth saying of server `a`. */
type Look = readonly [at: number, ...sayings: string[]];

function rollCallAfter(looks: readonly Look[]): RollCall {
  return looks.reduce((before, [at, ...sayings]) => {
    const said = sayings.map((saying): [string, string] => {
      const [, server = "", beat, seen = ""] = /^([a-z])(\d+) (.*)$/.exec(saying) ?? [];
      const text =
        seen === "nonsense" ? `${seen} ${beat}` : writeReport(observation(seen), Number(beat));
      return [server, text];
    });
    return callRoll(before, new Map(said), at);
  }, notCalled);
}

const states = (rollCall: RollCall): string =>
  voters(rollCall, LEASE)
    .map((seen) => seen.map(({ name, state }) => `${name} ${state}`).join(", ") || "knows nothing")
    .join(" / ");

describe("a voter is one who", () => {
  it.each<[string, Look[], string]>([
    ["may live: what it saw is not known, at the first look", [[0, "a5 east-"]], "east unknown"],
    [
      "has not spoken since the first look",
      [
        [0, "a5 east-"],
        [900, "a5 east-"],
      ],
      "east unknown",
    ],
    [
      "has spoken since",
      [
        [0, "a5 east-"],
        [900, "a6 east-"],
      ],
      "east down",
    ],
    [
      "has come since",
      [
        [0, "a5 east-"],
        [900, "a5 east-", "b1 east+"],
      ],
      "east unknown / east up",
    ],
    [
      "has spoken, but perhaps long ago: nobody looked for so long",
      [
        [0, "a5 east-"],
        [1001, "a6 east-"],
      ],
      "east unknown",
    ],
    [
      "has not been silent for longer than a lease",
      [
        [0, "a5 east-"],
        [100, "a6 east-"],
        [1101, "a6 east-"],
      ],
      "",
    ],
    [
      "has gone on, whatever arrives late",
      [
        [0, "a5 east-"],
        [100, "a6 east+"],
        [200, "a5 east-"],
      ],
      "east up",
    ],
    [
      "is silent, whatever arrives late",
      [
        [0, "a5 east-"],
        [100, "a6 east+"],
        [1200, "a5 east-"],
      ],
      "",
    ],
    [
      "is not understood",
      [
        [0, "a5 east-"],
        [100, "a6 nonsense"],
        [200, "a7 nonsense"],
      ],
      "knows nothing",
    ],
    ["has not left", [[0, "a5 east-"], [100, "a6 east-"], [200]], ""],
  ])("%s", (_, looks, expected) => {
    expect(states(rollCallAfter(looks))).toBe(expected);
  });
});

it.each([
  [1000, ["a", "b"]],
  [1001, ["b"]],
  [1101, []],
])("at %d these are present: %j", (now, expected) => {
  const rollCall = rollCallAfter([
    [0, "a5 east-"],
    [100, "a5 east-", "b1 east+"],
  ]);
  expect([...present(rollCall, LEASE, now).keys()]).toEqual(expected);
});

it.each([
  [3000, []],
  [3001, ["a"]],
])("those who are silent at %d have departed: %j", (now, expected) => {
  const rollCall = rollCallAfter([
    [0, "a5 east-"],
    [now, "a5 east-", "b1 east+"],
  ]);
  expect(departed(rollCall, LEASE)).toEqual(expected);
});
