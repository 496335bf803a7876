import { createRandomSource } from "../../support/random-source.ts";
import { ModelRun, type ModelSettings } from "./support/model-run.ts";
import { MUTATIONS, mutant } from "./support/mutations.ts";

const MOST_RUNS = 1000;
const SETTINGS: readonly ModelSettings[] = [
  { isLossy: true, steps: 120 },
  // Comparing positions would hide some of them.
  { isLossy: false, steps: 120 },
  { isLossy: true, isPartial: true, steps: 120 },
];

describe("the model notices a client that has a fault", () => {
  it.each(Object.entries(MUTATIONS))("%s", (_, mutation) => {
    const core = mutant(mutation);
    const findFault = (): void => {
      for (let seed = 1; seed <= MOST_RUNS; seed += 1) {
        for (const settings of SETTINGS) {
          new ModelRun(core, createRandomSource(seed), settings).run();
        }
      }
    };
    expect(findFault).toThrow(/^(?:I\d:|the client does not come to rest|told of a hole)/);
  });
});
