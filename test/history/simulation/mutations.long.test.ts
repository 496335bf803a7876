import fc from "fast-check";
import { MUTATIONS, mutant } from "../../client/continuity/support/mutations.ts";
import type { Rule } from "./support/mutations.ts";
import { type SimulationOptions, simulate } from "./support/simulation.ts";
import type { Story } from "./support/story.ts";
import * as targeted from "./support/targeted-stories.ts";

/*
 * The simulation must notice when a rule of the protocol is missing. What clients do wrong is a
 * changed copy of their logic; what servers and store do wrong is done around them.
 */
interface Mutation {
  readonly without?: readonly Rule[];
  /** What is missing anyway: where there are two nets, one has to be taken away to see the other. */
  readonly alwaysWithout?: readonly Rule[];
  readonly client?: keyof typeof MUTATIONS & string;
  readonly stories: fc.Arbitrary<Story>;
  /** Clients that look at intervals would find out in the end. */
  readonly isMasked?: boolean;
  /** How the violation begins that shows it. */
  readonly finds?: RegExp;
}

const {
  crowdedJoins,
  exclusions,
  graySends,
  lastWordsOfZombies,
  lateAppends,
  lateJoins,
  lostSends,
  lostStores,
  movingClients,
  newEpochs,
  offlineClients,
  publications,
  restartsAtFailover,
  shortHistories,
  silentFailovers,
  silentZombies,
  unsureSends,
} = targeted;

const servers: Record<string, Mutation> = {
  "3: the store's data are taken for those of the store before": {
    without: ["same run"],
    stories: restartsAtFailover,
  },
  "3: a connection is led from one store to another, and does not say so": {
    without: ["no run of a connection"],
    stories: lastWordsOfZombies,
    finds: /^untold: /,
  },
  "4: servers do not say how far they know a stream": {
    without: ["no regression guard"],
    alwaysWithout: ["same run"],
    stories: silentFailovers,
    finds: /^(behind|untold): /,
  },
  "4: servers do not say which message they know": {
    without: ["no id of what is known"],
    alwaysWithout: ["same run"],
    stories: silentFailovers,
    finds: /^(behind|untold): /,
  },
  "5: where an epoch has ended is not on record": {
    without: ["no closing on record"],
    alwaysWithout: ["no run of a connection"],
    stories: silentZombies,
  },
  "6: nobody is sent a check when an epoch begins": {
    without: ["no check of a new epoch"],
    stories: lostSends,
    isMasked: true,
  },
  "7: a server that saw the store fail goes on with its epochs": {
    without: ["no renewal after a loss"],
    stories: lostStores,
  },
  "8: what is bypassed has another id than what is logged": {
    without: ["no id of what is bypassed"],
    stories: lateAppends,
  },
  "9: what is sent again goes to all clients": {
    without: ["sent again to all"],
    stories: unsureSends,
  },
  "9: a publication that is logged already is sent": {
    without: ["a key hit is sent"],
    stories: publications,
  },
  "9: a publication that is not logged is sent": {
    without: ["publications are bypassed"],
    stories: publications,
  },
  "10: a replica is read": { without: ["replica read"], stories: lateJoins, isMasked: true },
  "10: an earlier confirmation is good enough": {
    without: ["old confirmation"],
    stories: lateJoins,
    isMasked: true,
  },
  "10: readers join a question that is under way": {
    without: ["flights are joined"],
    stories: crowdedJoins,
    isMasked: true,
  },
  "11: what is left is taken for all": {
    without: ["partial replay"],
    client: "it takes a part for the whole",
    stories: shortHistories,
  },
  "12: nothing is sent again": {
    without: ["no outbox"],
    stories: unsureSends,
    isMasked: true,
    finds: /^(behind|untold): /,
  },
  "12: nobody is sent a check for what cannot be sent again": {
    without: ["no checks from the outbox"],
    stories: unsureSends,
    isMasked: true,
    finds: /^(behind|untold): /,
  },
  "12: what is sent again goes to those who are excluded": {
    without: ["sent again to the excluded"],
    stories: exclusions,
  },
  "12: skips are not sent again": {
    without: ["skips are not repaired"],
    stories: exclusions,
    isMasked: true,
  },
};

const clients: Record<string, Mutation> = {
  "it delivers what it has delivered": { stories: lateAppends },
  "it takes its own position for the next": { stories: movingClients },
  "it reads before it joins": { stories: lateJoins, isMasked: true },
  "it does not read what it joins": { stories: lateJoins, isMasked: true },
  "it takes over an epoch without its offset": { stories: newEpochs },
  "it takes over an offset without its epoch": { stories: newEpochs },
  "it does not count skips": { stories: exclusions },
  "it does not count what was replayed": { stories: movingClients },
  "it does not count what it knows": { stories: lateAppends },
  "it takes over an epoch from a frame": { stories: newEpochs },
  "it skips what does not come in time": { stories: unsureSends },
  "it delivers whatever comes, in whatever order": { stories: unsureSends },
  "it forgets an epoch that it has left": { stories: newEpochs },
  "it goes on with what it has when the answer is no": { stories: newEpochs },
  "it says that nothing is missing when the answer is no": { stories: shortHistories },
  "it does not ask again what was not answered": { stories: offlineClients, isMasked: true },
};

const mutations: [string, Mutation][] = [
  ...Object.entries(servers),
  ...Object.entries(clients).map(([client, mutation]): [string, Mutation] => [
    `14 to 18: ${client}`,
    { ...mutation, client },
  ]),
];

const maxStories = 200;
const seed = Number(process.env.SIMULATION_SEED ?? 4);

jest.setTimeout(3_600_000);

interface Found {
  readonly violation: string | undefined;
  readonly after: number;
}

async function firstViolation(
  arbitrary: fc.Arbitrary<Story>,
  options: SimulationOptions,
  numRuns: number,
  finds = /./,
): Promise<Found> {
  let violation: string | undefined;
  const property = fc.asyncProperty(arbitrary, async (story) => {
    const { violations } = await simulate(story, options);
    violation = violations.find((one) => finds.test(one));
    return violation === undefined;
  });
  const { numRuns: after } = await fc.check(property, { seed, numRuns, endOnFailure: true });
  return { violation, after };
}

function optionsOf({ without = [], alwaysWithout = [], client, isMasked }: Mutation) {
  return {
    without: [...without, ...alwaysWithout],
    hasPositionChecks: !isMasked,
    ...(client ? { core: mutant(MUTATIONS[client] ?? []) } : {}),
  };
}

it.each(mutations)("is noticed: %s", async (name, mutation) => {
  const { violation, after } = await firstViolation(
    mutation.stories,
    optionsOf(mutation),
    maxStories,
    mutation.finds,
  );
  if (process.env.SIMULATION_TELL) console.log(`${name}: after ${after}: ${violation}`);
  expect(violation).toBeDefined();
});

it("is noticed: 13: clients of a gray region do not look at intervals", async () => {
  const { violation } = await firstViolation(graySends, { hasPositionChecks: false }, maxStories);
  expect(violation).toMatch(/^(behind|untold): /);
});

const controls = [
  ...new Map(
    mutations.map(([, { stories: told, isMasked = false, alwaysWithout = [], finds }]) => {
      const name = Object.entries(targeted).find(([, one]) => one === told)?.[0] ?? "";
      const how = isMasked ? "without looks" : "with looks";
      const title = [name, how, ...alwaysWithout].join(", ");
      return [title, { stories: told, isMasked, alwaysWithout, finds }] as const;
    }),
  ),
];

it.each(controls)(
  "with every other rule nothing is found in these stories: %s",
  async (_, control) => {
    const { violation } = await firstViolation(
      control.stories,
      optionsOf(control),
      maxStories / 4,
      control.finds,
    );
    expect(violation).toBeUndefined();
  },
);
