import { writeFileSync } from "node:fs";
import { type HerdArguments, parseHerdArguments } from "./arguments.ts";
import { HerdRun } from "./herd.ts";
import { judge } from "./judge.ts";
import { plotOf } from "./plot.ts";
import { linesOf } from "./report.ts";
import { runStory } from "./stories.ts";
import type { StoryResult } from "./story.ts";

function main({ story, plans, json, plot }: HerdArguments): void {
  for (const plan of plans) {
    if (story !== "death") {
      tell(runStory(story, plan));
      continue;
    }
    const recording = new HerdRun(plan).run();
    const verdict = judge(plan, recording);
    console.log(json ? JSON.stringify({ plan, ...verdict }) : linesOf(plan, verdict).join("\n"));
    if (plot !== undefined) writeFileSync(plot, plotOf(plan, recording));
    if (verdict.violations.length > 0) process.exitCode = 1;
  }
  const { maxRSS, userCPUTime } = process.resourceUsage();
  console.error(`${(userCPUTime / 1e6).toFixed(0)} s of CPU, ${Math.round(maxRSS / 1024)} MB`);
}

function tell({ lines, violations }: StoryResult): void {
  console.log([...lines, ...violations.map((one) => `  VIOLATION ${one}`)].join("\n"));
  if (violations.length > 0) process.exitCode = 1;
}

function parse(args: string[]): HerdArguments | undefined {
  try {
    return parseHerdArguments(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
    return undefined;
  }
}

const chosen = parse(process.argv.slice(2));
if (chosen) main(chosen);
