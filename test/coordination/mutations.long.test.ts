import fc from "fast-check";
import type { Observation } from "../../src/contract/coordination.ts";
import type { Situation } from "../../src/coordination/decision.ts";
import type { HeartbeatRead, Membership } from "../../src/coordination/membership.ts";
import type { SweepState } from "../../src/coordination/sweep-plan.ts";
import { scenarios } from "./support/random-scenarios.ts";
import type { Scenario } from "./support/scenario.ts";
import type { StoreDefects } from "./support/simulated-store.ts";
import { simulate } from "./support/simulation.ts";
import {
  flappingTargets,
  forgottenVoters,
  lateMoves,
  leadersWithoutStore,
  lostRecords,
  newBeginnings,
  silentStores,
  staleEvidence,
  unreachedStragglers,
} from "./support/targeted-scenarios.ts";

/*
 * The simulation must notice when the agreement loses what makes it safe. Rules are replaced from
 * outside (their modules are mocked), and compare-and-set is spoilt in the simulated store, so that
 * the code itself needs no opening for it.
 */
type Rule =
  | "majority"
  | "question before closing"
  | "memory of voters"
  | "silence while listening"
  | "listening before moving"
  | "fresh evidence"
  | "answers are enough"
  | "all sweep"
  | "incarnation";

/** The rule that is taken away. */
const mockMutation: { without: Rule | undefined } = { without: undefined };

jest.mock("../../src/coordination/decision.ts", () => {
  const actual = jest.requireActual("../../src/coordination/decision.ts");
  const decide = (situation: Situation) => actual.decide(mutated(situation));
  const switchActive = (situation: Situation, to: unknown) =>
    actual.switchActive(mutated(situation), to);
  return { ...actual, decide, switchActive };
});

jest.mock("../../src/coordination/membership.ts", () => {
  const actual = jest.requireActual("../../src/coordination/membership.ts");
  const updateMembership = (before: Membership, read: HeartbeatRead) => {
    if (mockMutation.without === "memory of voters") {
      const peers = new Map([...before.peers].filter(([server]) => read.texts.has(server)));
      return actual.updateMembership({ ...before, peers }, { ...read, named: read.named && [] });
    }
    const maxStepInMs =
      mockMutation.without === "silence while listening"
        ? Number.POSITIVE_INFINITY
        : read.maxStepInMs;
    return actual.updateMembership(before, { ...read, maxStepInMs });
  };
  const votesOf = (membership: Membership, leaseInMs: number) =>
    actual.votesOf(
      mockMutation.without === "fresh evidence"
        ? { ...membership, readAt: Number.NEGATIVE_INFINITY }
        : membership,
      leaseInMs,
    );
  return { ...actual, updateMembership, votesOf };
});

jest.mock("../../src/coordination/coordinator.ts", () => {
  const actual = jest.requireActual("../../src/coordination/coordinator.ts");
  class Coordinator extends actual.Coordinator {
    isCurrent(agreement: unknown): Promise<boolean> {
      const isAsked = mockMutation.without !== "question before closing";
      return isAsked ? super.isCurrent(agreement) : Promise.resolve(true);
    }
  }
  return { ...actual, Coordinator };
});

jest.mock("../../src/coordination/sweep-plan.ts", () => {
  const actual = jest.requireActual("../../src/coordination/sweep-plan.ts");
  const isDue = (state: SweepState, isLeader: boolean, now: number) =>
    actual.isDue(state, isLeader, now) && (isLeader || mockMutation.without !== "all sweep");
  return { ...actual, isDue };
});

jest.mock("../../src/negotiate/agreed-endpoint.ts", () => {
  const actual = jest.requireActual("../../src/negotiate/agreed-endpoint.ts");
  const isHealthy = ({ state }: { state: string }): boolean => state === "healthy";
  const agreedEndpoint = (context: { registry: object }, ...rest: unknown[]) => {
    if (mockMutation.without !== "answers are enough") {
      return actual.agreedEndpoint(context, ...rest);
    }
    const registry = { ...context.registry, isAnswering: isHealthy };
    return actual.agreedEndpoint({ ...context, registry }, ...rest);
  };
  return { ...actual, agreedEndpoint };
});

function mutated(situation: Situation): Situation {
  switch (mockMutation.without) {
    case "majority":
      return unanimous(situation);
    case "listening before moving":
      return withVoters(situation);
    case "incarnation":
      return { ...situation, incarnation: "same" };
    default:
      return situation;
  }
}

/** As if the record knew all servers when it has lost them. */
function withVoters(situation: Situation): Situation {
  const { known } = situation;
  if (known === undefined) return situation;
  return { ...situation, known: { ...known, record: { voters: [], ...known.record } } };
}

/** As if all saw the active endpoint unhealthy as soon as one does. */
function unanimous(situation: Situation): Situation {
  const { known, own, peers } = situation;
  const url = known?.record.agreement.url;
  const isUnhealthy = [own, ...peers.values()]
    .flat()
    .some((seen) => seen.url === url && seen.state === "unhealthy");
  if (!isUnhealthy) return situation;
  const agree = (observation: Observation): Observation =>
    observation.map((seen) => (seen.url === url ? { ...seen, state: "unhealthy" } : seen));
  const agreeing = [...peers].map(([server, peer]) => [server, agree(peer)] as const);
  return { ...situation, own: agree(own), peers: new Map(agreeing) };
}

interface Mutation {
  readonly without?: Rule;
  readonly defects?: StoreDefects;
  readonly arbitrary: fc.Arbitrary<Scenario>;
  /** How the violation begins. */
  readonly finds: RegExp;
}

const mutations: [string, Mutation][] = [
  [
    "one vote is enough to move",
    { without: "majority", arbitrary: scenarios, finds: /^evidence: / },
  ],
  [
    "a write asks for no version",
    { defects: { ignoresExpected: true }, arbitrary: scenarios, finds: /^epoch: / },
  ],
  [
    "a lost lead stops no write that is under way",
    { defects: { comparesEpochsOnly: true }, arbitrary: lateMoves, finds: /^fence: / },
  ],
  [
    "nobody asks the store before it closes clients",
    { without: "question before closing", arbitrary: leadersWithoutStore, finds: /^closing: / },
  ],
  [
    "a leader counts only those whose heartbeats the store has",
    { without: "memory of voters", arbitrary: forgottenVoters, finds: /^evidence: / },
  ],
  [
    "servers count as gone that were silent while nobody could hear them",
    { without: "silence while listening", arbitrary: silentStores, finds: /^evidence: / },
  ],
  [
    "a leader moves all though the store has lost who they are",
    { without: "listening before moving", arbitrary: lostRecords, finds: /^hasty: / },
  ],
  [
    "evidence is as good as ever after a gap",
    { without: "fresh evidence", arbitrary: staleEvidence, finds: /^evidence: / },
  ],
  [
    "nobody is sent to an endpoint that answers but flaps",
    { without: "answers are enough", arbitrary: flappingTargets, finds: /^refused: / },
  ],
  [
    "only the leader closes those left behind",
    { without: "all sweep", arbitrary: unreachedStragglers, finds: /^stay: / },
  ],
  [
    "agreements are told apart by their numbers only",
    { without: "incarnation", arbitrary: newBeginnings, finds: /^epoch: / },
  ],
];

const runs = 200;
const seed = Number(process.env.SIMULATION_SEED ?? 4);

jest.setTimeout(600_000);

async function firstViolation(mutation: Mutation): Promise<string | undefined> {
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
  mockMutation.without = undefined;
});

it.each(mutations)("the simulation notices when %s", async (_, mutation) => {
  mockMutation.without = mutation.without;
  expect(await firstViolation(mutation)).toBeDefined();
});
