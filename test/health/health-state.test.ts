import {
  afterProbe,
  type HealthState,
  initialHealthState,
  isUndecided,
  type ProbeOutcome,
} from "../../src/health/health-state.ts";

const outcomes: Record<string, ProbeOutcome> = {
  "+": { ok: true },
  "-": { ok: false, reason: "refused" },
  t: { ok: false, reason: "timeout" },
};

/** Plays one outcome a second from time 0, `fall` and `rise` being given. */
function play(script: string, fall: number, rise: number): HealthState {
  return [...script].reduce<HealthState>(
    (state, symbol, index) =>
      afterProbe(state, outcomes[symbol] as ProbeOutcome, { fall, rise }, 1000 * (index + 1)),
    initialHealthState(0),
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
  ])("'%s' with %j: %s", (script, { fall, rise }, expected) => {
    expect(describeState(play(script, fall, rise))).toBe(expected);
  });
});

it("an answer that changes nothing gives the same object back", () => {
  const healthy = play("+", 2, 2);
  expect(afterProbe(healthy, { ok: true }, { fall: 2, rise: 2 }, 9000)).toBe(healthy);
});

function describeState(state: HealthState): string {
  const reason = state.status === "unhealthy" ? `(${state.reason})` : "";
  const isInDoubt = isUndecided(state) && state.contradictions > 0;
  return `${state.status}${reason} since ${state.since}${isInDoubt ? ", in doubt" : ""}`;
}
