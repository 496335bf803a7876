import {
  afterCall,
  afterCanary,
  afterEjection,
  afterRecovery,
  type CallState,
  ejectionInMs,
  initialCallState,
  isSuspect,
  isUnsettled,
} from "../../src/endpoints/call-state.ts";

/**
 * Plays one thing a second: + and - are calls, c and x canaries that pass and fail, p and f those at
 * the end of an ejection, r a recovery of the health checks.
 */
function play(script: string, fall: number): CallState {
  return [...script].reduce<CallState>((state, symbol, index) => {
    const now = { at: 0, monotonic: 1000 * (index + 1) };
    switch (symbol) {
      case "p":
      case "f":
        return afterEjection(state, symbol === "p", now);
      case "c":
      case "x":
        return afterCanary(state, symbol === "c", fall, now);
      case "r":
        return afterRecovery(state);
      default:
        return afterCall(state, symbol === "+", fall, now);
    }
  }, initialCallState);
}

describe("after these calls (+ success, -), canaries (c passed, x failed) and those at the end of an ejection (p passed, f failed, r recovered) an endpoint is", () => {
  it.each<[string, number, string]>([
    ["", 2, "closed"],
    ["+", 2, "closed"],
    ["-", 2, "closed after 1"],
    ["-+", 2, "closed"],
    ["-+-", 2, "closed after 1"],
    // Whatever calls say, a canary decides.
    ["--", 2, "closed after 2, suspect"],
    ["----------", 2, "closed after 10, suspect"],
    ["--c", 2, "closed"],
    ["--c-", 2, "closed after 1"],
    ["--x", 2, "ejected for the 1st time until 13000"],
    ["-x", 1, "ejected for the 1st time until 12000"],
    // The canary after the first failure has said it already.
    ["-x", 2, "closed after 1, unsettled"],
    ["-x-", 2, "ejected for the 1st time until 13000"],
    ["-x+", 2, "closed"],
    ["-x+-", 2, "closed after 1"],
    ["-xc-", 2, "closed after 1"],
    // Without any call: as many canaries as calls would have to.
    ["x", 2, "closed, unsettled"],
    ["xx", 2, "ejected for the 1st time until 12000"],
    ["xcx", 2, "closed, unsettled"],
    // Never two in a row, but half of them.
    ["-+-+-+-+-+-+-+-+-+", 2, "closed"],
    ["-+-+-+-+-+-+-+-+-+-", 2, "closed after 1, suspect"],
    ["-+-+-+-+-+-+-+-+-+-x", 2, "ejected for the 1st time until 30000"],
    ["-+-+-+-+-+-+-+-+-+-c-", 2, "closed after 1"],
    ["-++-++-++-++-++-++-++-++-++-++-", 2, "closed after 1"],
    // What was under way when it was ejected comes too late.
    ["--x+", 2, "ejected for the 1st time until 13000"],
    ["--x-", 2, "ejected for the 1st time until 13000"],
    ["--xc", 2, "ejected for the 1st time until 13000"],
    ["--xx", 2, "ejected for the 1st time until 13000"],
    ["--xf", 2, "ejected for the 2nd time until 24000"],
    ["--xp", 2, "half-open"],
    ["--xp-", 2, "half-open, suspect"],
    ["--xp--", 2, "half-open, suspect"],
    ["--xp-c", 2, "half-open"],
    ["--xp-x", 2, "ejected for the 2nd time until 26000"],
    ["--xp+", 2, "closed"],
    ["--xp+-", 2, "closed after 1"],
    ["--xpf", 2, "half-open"],
    ["p", 2, "closed"],
    // The health checks went down and came back, with a canary: that ends an ejection as well.
    ["--xr", 2, "half-open"],
    ["--xrf", 2, "half-open"],
    ["--xr-x", 2, "ejected for the 2nd time until 26000"],
    ["--xr+", 2, "closed"],
    ["-r", 2, "closed after 1"],
    ["r", 2, "closed"],
  ])("'%s' with fall %d: %s", (script, fall, expected) => {
    expect(describeState(play(script, fall), fall)).toBe(expected);
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
  const state = play("--c+", 2);
  expect(afterCall(state, true, 2, { at: 0, monotonic: 0 })).toBe(state);
});

it("what calls have said before a canary passed is forgotten, however long ago it began", () => {
  expect(play("-+-+-+-+-+-+-+-+-+-c", 2)).toBe(initialCallState);
});

function describeState(state: CallState, fall: number): string {
  const doubts = `${isSuspect(state, fall) ? ", suspect" : ""}${isUnsettled(state) ? ", unsettled" : ""}`;
  switch (state.status) {
    case "closed":
      return `closed${state.failures === 0 ? "" : ` after ${state.failures}`}${doubts}`;
    case "ejected":
      return `ejected for the ${state.ejections === 1 ? "1st" : "2nd"} time until ${state.until}`;
    case "half-open":
      return `half-open${doubts}`;
  }
}
