import * as core from "../../../src/client/continuity/positions.ts";
import { createRandomSource } from "../../support/random-source.ts";
import { runs } from "../../support/runs.ts";
import { ModelRun } from "./support/model-run.ts";

const { numRuns } = runs(5000);

describe("whatever happens in whatever order, a client gets each logged message once and in order, or is told", () => {
  it.each([
    ["while frames get lost, and positions are compared", { isLossy: true }],
    ["while no frame gets lost, and positions are never compared", { isLossy: false }],
    ["while answers leave something out", { isLossy: true, isPartial: true }],
    ["while a server has not heard of the latest epoch", { isLossy: true, isSplit: true }],
  ])("%s", (_, settings) => {
    for (let seed = 1; seed <= numRuns; seed += 1) {
      try {
        new ModelRun(core, createRandomSource(seed), { ...settings, steps: 120 }).run();
      } catch (error) {
        throw new Error(`Run ${seed}: ${error instanceof Error ? error.stack : error}`);
      }
    }
  });
});
