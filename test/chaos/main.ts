import { type ChaosArguments, parseChaosArguments } from "./arguments.ts";
import { runChaos } from "./chaos-run.ts";
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

let chosen: ChaosArguments | undefined;
try {
  chosen = parseChaosArguments(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
if (chosen) await main(chosen);
