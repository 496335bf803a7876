import { parseArgs } from "node:util";
import fc from "fast-check";
import { simulate } from "./support/simulation.ts";
import { stories } from "./support/stories.ts";
import type { Story } from "./support/story.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    /** A story as a failing run prints it: it is told instead. */
    story: { type: "string" },
  },
});
const TOLD_EVERY = 500;
/** Of making a failing story smaller. */
const maxAttempts = 2000;

async function tell(story: Story): Promise<void> {
  const { trace, violations } = await simulate(story, { isTraced: true });
  console.log([...trace, "", ...violations].join("\n"));
}

async function runAll(numRuns: number, seed: number): Promise<void> {
  const startedAt = performance.now();
  let count = 0;
  let messages = 0;
  let failedAt: number | undefined;
  const property = fc.asyncProperty(stories, async (story) => {
    if (failedAt !== undefined && count > failedAt + maxAttempts) return true;
    const verdict = await simulate(story);
    count += 1;
    if (verdict.violations.length > 0 && failedAt === undefined) {
      failedAt = count;
      console.error(`story ${count}: ${verdict.violations[0]}; it is made smaller now`);
    }
    messages += verdict.messages;
    if (count % TOLD_EVERY === 0) console.error(`${count} stories, ${messages} messages`);
    return verdict.violations.length === 0;
  });
  const { failed, counterexample } = await fc.check(property, { numRuns, seed });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`${count} stories with ${messages} messages in ${seconds} s, seed ${seed}`);
  const [story] = counterexample ?? [];
  if (!failed || story === undefined) return;
  process.exitCode = 1;
  await tell(story);
  console.log(JSON.stringify(story));
}

if (values.story === undefined) await runAll(Number(values.runs), Number(values.seed));
else await tell(JSON.parse(values.story));
