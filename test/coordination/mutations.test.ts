import fc from "fast-check";
import type { Observation } from "../../src/contract/coordination.ts";
import type { Situation } from "../../src/coordination/decision.ts";
import { disturbedLeaders, type Scenario, scenarios } from "./support/scenario.ts";
import type { StoreDefects } from "./support/simulated-store.ts";
import { simulate } from "./support/simulation.ts";

/*
 * The simulation must notice when the agreement loses what makes it safe. The decision is replaced
 * from outside (the module is mocked), and compare-and-set is spoilt in the simulated store, so that
 * the code itself needs no opening for it.
 */
const mockMutation = { isOneVoteEnough: false };

jest.mock("../../src/coordination/decision.ts", () => {
  const actual = jest.requireActual("../../src/coordination/decision.ts");
  const decide = (situation: Situation) =>
    actual.decide(mockMutation.isOneVoteEnough ? unanimous(situation) : situation);
  return { ...actual, decide };
});

/** As if all saw the active endpoint unhealthy as soon as one does. */
function unanimous(situation: Situation): Situation {
  const { known, own, peers } = situation;
  const url = known?.record.agreement.url;
  const isUnhealthy = [own, ...peers]
    .flat()
    .some((seen) => seen.url === url && seen.state === "unhealthy");
  if (!isUnhealthy) return situation;
  const agree = (observation: Observation): Observation =>
    observation.map((seen) => (seen.url === url ? { ...seen, state: "unhealthy" } : seen));
  return { ...situation, own: agree(own), peers: peers.map(agree) };
}

interface Mutation {
  readonly isOneVoteEnough?: boolean;
  readonly defects?: StoreDefects;
  readonly arbitrary: fc.Arbitrary<Scenario>;
  /** How the violation begins. */
  readonly finds: RegExp;
}

const mutations: [string, Mutation][] = [
  [
    "one vote is enough to move",
    { isOneVoteEnough: true, arbitrary: scenarios, finds: /^evidence: / },
  ],
  [
    "a write asks for no version",
    { defects: { ignoresExpected: true }, arbitrary: scenarios, finds: /^epoch: / },
  ],
  [
    "a lost lead stops no write that is under way",
    { defects: { comparesEpochsOnly: true }, arbitrary: disturbedLeaders, finds: /^fence: / },
  ],
];

const runs = 1000;

jest.setTimeout(600_000);

async function firstViolation(mutation: Mutation, seed: number): Promise<string | undefined> {
  const { defects = {}, arbitrary, finds } = mutation;
  let found: string | undefined;
  const property = fc.asyncProperty(arbitrary, async (scenario) => {
    const { violations } = await simulate(scenario, { defects });
    found = violations.find((violation) => finds.test(violation));
    return found === undefined;
  });
  const { numRuns } = await fc.check(property, { seed, numRuns: runs, endOnFailure: true });
  if (process.env.SIMULATION_TELL) console.log(`${finds} after ${numRuns} runs: ${found}`);
  return found;
}

afterEach(() => {
  mockMutation.isOneVoteEnough = false;
});

it.each(mutations)("the simulation notices when %s", async (_, mutation) => {
  mockMutation.isOneVoteEnough = mutation.isOneVoteEnough ?? false;
  expect(await firstViolation(mutation, 4)).toBeDefined();
});
