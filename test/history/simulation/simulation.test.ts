import fc from "fast-check";
import { expectNoRejections } from "../../coordination/support/rejections.ts";
import { runs } from "../../support/runs.ts";
import { simulate } from "./support/simulation.ts";
import { stories } from "./support/stories.ts";

/*
 * The real history of up to nine servers, with its catch-up, and the real positions of up to fifty
 * clients, on a virtual clock; with a store, regions, a network and processes that fail in every way.
 * A failing run prints its seed and the smallest story that breaks it; `simulate(story, { isTraced:
 * true })` tells it. What must never happen is in `support/judge.ts`.
 *
 * npm run continuity-stories -- --runs 12000 --seed 1
 */
jest.setTimeout(3_600_000);

expectNoRejections();

it("whatever fails, no client is given a message twice, out of order, or misses one without being told", async () => {
  const property = fc.asyncProperty(stories, async (story) => {
    expect((await simulate(story)).violations).toEqual([]);
  });
  await fc.assert(property, runs(500, 25));
});
