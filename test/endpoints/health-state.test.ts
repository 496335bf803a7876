import {
  afterProbe,
  type HealthState,
  initialHealthState,
  isInRecoveryPeriod,
  isUndecided,
  type ProbeOutcome,
  recoveryPeriodInMs,
} from "../../src/endpoints/health-state.ts";

const outcomes: Record<string, ProbeOutcome> = {
  "+": { ok: true },
  "-": { ok: false, reason: "refused" },
  t: { ok: false, reason: "timeout" },
  x: { ok: false, reason: "credentials-rejected", isDecisive: true },
};

const second = (count: number) => ({ at: 1000 * count, monotonic: 1000 * count });

/** Plays one outcome a second from time 0, `fall` and `rise` being given; a dot is a pause. */
function play(script: string, fall: number, rise: number): HealthState {
  return [...script].reduce<HealthState>(
    (state, symbol, index) =>
      symbol === "."
        ? state
        : afterProbe(state, outcomes[symbol] as ProbeOutcome, { fall, rise }, second(index + 1)),
    initialHealthState(second(0)),
  );
}

describe("after these answers (+ success, - refused, t timeout) an endpoint is", () => {
  it.each<[string, { fall: number; rise: number }, string]>([
    ["", { fall: 2, rise: 2 }, "unknown since 0"],
    ["+", { fall: 2, rise: 2 }, "healthy since 1000"],
    ["-", { fall: 2, rise: 2 }, "unknown since 0, in doubt"],
    ["--", { fall: 2, rise: 2 }, "unhealthy(refused) since 2000"],
    ["-+", { fall: 2, rise: 2 }, "healthy since 2000"],
    ["-", { fall: 1, rise: 1 }, "unhealthy(refused) since 1000"],
    ["++-", { fall: 2, rise: 2 }, "healthy since 1000, in doubt"],
    ["++-+", { fall: 2, rise: 2 }, "healthy since 1000"],
    ["++-+-", { fall: 2, rise: 2 }, "healthy since 1000, in doubt"],
    ["++--", { fall: 2, rise: 2 }, "unhealthy(refused) since 4000"],
    ["+-t", { fall: 2, rise: 2 }, "unhealthy(timeout) since 3000"],
    ["+--", { fall: 3, rise: 2 }, "healthy since 1000, in doubt"],
    ["+--t", { fall: 2, rise: 2 }, "unhealthy(timeout) since 3000"],
    ["--+", { fall: 2, rise: 2 }, "unhealthy(refused) since 2000, in doubt"],
    ["--+-+", { fall: 2, rise: 2 }, "unhealthy(refused) since 2000, in doubt"],
    ["--++", { fall: 2, rise: 2 }, "healthy since 4000"],
    ["--+", { fall: 2, rise: 1 }, "healthy since 3000"],
    ["--++-", { fall: 1, rise: 2 }, "unhealthy(refused) since 5000"],
    ["x", { fall: 3, rise: 2 }, "unhealthy(credentials-rejected) since 1000"],
    ["+x", { fall: 3, rise: 2 }, "unhealthy(credentials-rejected) since 2000"],
    ["--+x", { fall: 2, rise: 2 }, "unhealthy(credentials-rejected) since 2000"],
  ])("'%s' with %j: %s", (script, { fall, rise }, expected) => {
    expect(describeState(play(script, fall, rise))).toBe(expected);
  });
});

it("a health check that changes nothing gives the same state object back", () => {
  const healthy = play("+", 2, 2);
  expect(afterProbe(healthy, { ok: true }, { fall: 2, rise: 2 }, second(9))).toBe(healthy);
});

const minute = ".".repeat(60);

describe("an endpoint that comes and goes (fall 1, rise 1, an answer a second, . is a pause)", () => {
  it.each<[string, string]>([
    ["-+", "healthy since 2000"],
    // The first failure soon after a recovery is a flap: two seconds of proof.
    ["-+-+", "unhealthy(refused) since 3000, in doubt"],
    ["-+-++", "unhealthy(refused) since 3000, in doubt"],
    ["-+-+++", "healthy since 6000"],
    // Then four.
    ["-+-+++-++++", "unhealthy(refused) since 7000, in doubt"],
    ["-+-+++-+++++", "healthy since 12000"],
    // A failure in the middle begins the proof anew.
    ["-+-+-++", "unhealthy(refused) since 3000, in doubt"],
    ["-+-+-+++", "healthy since 8000"],
    // A minute of health, and all is forgotten.
    [`-+-+++${minute}-+`, "healthy since 68000"],
    // The first failure after the start is not a flap.
    ["+-+", "healthy since 3000"],
  ])("'%s': %s", (script, expected) => {
    expect(describeState(play(script, 1, 1))).toBe(expected);
  });

  it.each([
    [0, 0],
    [1, 2000],
    [2, 4000],
    [5, 32_000],
    [6, 60_000],
    [60, 60_000],
  ])("has, after %d flaps, a recovery period of %d ms", (flaps, expected) => {
    expect(recoveryPeriodInMs(flaps)).toBe(expected);
  });

  it("is in its recovery period once it would be back otherwise", () => {
    const thresholds = { fall: 1, rise: 2 };
    expect(isInRecoveryPeriod(play("-++-+", 1, 2), thresholds)).toBe(false);
    expect(isInRecoveryPeriod(play("-++-++", 1, 2), thresholds)).toBe(true);
    expect(isInRecoveryPeriod(play("-++-++++", 1, 2), thresholds)).toBe(false);
  });
});

function describeState(state: HealthState): string {
  const reason = state.status === "unhealthy" ? `(${state.reason})` : "";
  const isInDoubt = isUndecided(state) && state.contradictions > 0;
  return `${state.status}${reason} since ${state.since}${isInDoubt ? ", in doubt" : ""}`;
}
