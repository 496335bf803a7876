import { type ChaosArguments, parseChaosArguments } from "./arguments.ts";
import { runChaos } from "./chaos-run.ts";
import { type ContinuityArguments, parseContinuityArguments } from "./continuity/arguments.ts";
import { runContinuityChaos } from "./continuity/continuity-run.ts";
import { violationsOf } from "./continuity/judge.ts";
import { linesOf as linesOfContinuity } from "./continuity/report.ts";
import { linesOf } from "./report.ts";
import type { Violation } from "./verdict.ts";

async function main({ seed, cycles, json }: ChaosArguments): Promise<void> {
  let told = 0;
  const onProgress = (done: number, violations: readonly Violation[]): void => {
    console.error(`${done} of ${cycles} cycles, ${violations.length} violations`);
    // At once, for those who watch: a full run takes minutes.
    for (const { cycle, what } of violations.slice(told))
      console.error(`  cycle ${cycle}: ${what}`);
    told = violations.length;
  };
  const result = await runChaos({ seed, cycles, onProgress });
  console.log(json ? JSON.stringify(result, null, 2) : linesOf(result).join("\n"));
  if (result.violations.length > 0) process.exitCode = 1;
}

async function mainOfContinuity({ json, ...sizes }: ContinuityArguments): Promise<void> {
  const onProgress = (line: string): void => console.error(line);
  const result = await runContinuityChaos({ ...sizes, onProgress });
  const { run, ...others } = result;
  console.log(json ? JSON.stringify(others, null, 2) : linesOfContinuity(result).join("\n"));
  if (violationsOf(result.verdict).length > 0) process.exitCode = 1;
}

function parse(args: string[]): (() => Promise<void>) | undefined {
  try {
    if (args.includes("--continuity")) {
      const chosen = parseContinuityArguments(args);
      return () => mainOfContinuity(chosen);
    }
    const chosen = parseChaosArguments(args);
    return () => main(chosen);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
    return undefined;
  }
}

await parse(process.argv.slice(2))?.();
