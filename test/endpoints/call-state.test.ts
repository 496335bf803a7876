import {
  afterCall,
  afterEjectionCheck,
  afterRecovery,
  type CallState,
  ejectionInMs,
  initialCallState,
} from "../../src/endpoints/call-state.ts";

/** Plays one thing a second: + and - are calls, p and f checks at the end of an ejection that pass and fail, r a recovery. */
function play(script: string, fall: number): CallState {
  return [...script].reduce<CallState>((state, symbol, index) => {
    const now = { at: 0, monotonic: 1000 * (index + 1) };
    if (symbol === "p" || symbol === "f") return afterEjectionCheck(state, symbol === "p", now);
    if (symbol === "r") return afterRecovery(state);
    return afterCall(state, symbol === "+", fall, now);
  }, initialCallState);
}

describe("after these calls (+ success, -) and checks at the end of an ejection (p passed, f failed, r recovered) an endpoint is", () => {
  it.each<[string, number, string]>([
    ["", 2, "closed"],
    ["+", 2, "closed"],
    ["-", 2, "closed after 1"],
    ["-+", 2, "closed"],
    ["-+-", 2, "closed after 1"],
    ["--", 2, "ejected for the 1st time until 12000"],
    ["-", 1, "ejected for the 1st time until 11000"],
    // What was under way when it was ejected comes too late.
    ["--+", 2, "ejected for the 1st time until 12000"],
    ["---", 2, "ejected for the 1st time until 12000"],
    ["--f", 2, "ejected for the 2nd time until 23000"],
    ["--p", 2, "half-open"],
    ["--p-", 2, "ejected for the 2nd time until 24000"],
    ["--p+", 2, "closed"],
    ["--p+-", 2, "closed after 1"],
    ["--pf", 2, "half-open"],
    ["p", 2, "closed"],
    // The health checks went down and came back: that is as good as such a check.
    ["--r", 2, "half-open"],
    ["--rf", 2, "half-open"],
    ["--r-", 2, "ejected for the 2nd time until 24000"],
    ["--r+", 2, "closed"],
    ["-r", 2, "closed after 1"],
    ["r", 2, "closed"],
  ])("'%s' with fall %d: %s", (script, fall, expected) => {
    expect(describeState(play(script, fall))).toBe(expected);
  });
});

it.each([
  [1, 10_000],
  [2, 20_000],
  [5, 160_000],
  [6, 300_000],
  [99, 300_000],
])("ejection number %d in a row lasts %d ms", (ejections, expected) => {
  expect(ejectionInMs(ejections)).toBe(expected);
});

it("a successful call that changes nothing gives the same state object back", () => {
  const state = play("-+", 2);
  expect(afterCall(state, true, 2, { at: 0, monotonic: 0 })).toBe(state);
});

function describeState(state: CallState): string {
  switch (state.status) {
    case "closed":
      return state.failures === 0 ? "closed" : `closed after ${state.failures}`;
    case "ejected":
      return `ejected for the ${state.ejections === 1 ? "1st" : "2nd"} time until ${state.until}`;
    case "half-open":
      return "half-open";
  }
}
