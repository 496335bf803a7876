import { parseSoakArguments, type SoakArguments } from "./arguments.ts";
import { linesOf } from "./report.ts";
import { runSoak } from "./soak-run.ts";
import { violationsOf } from "./verdict.ts";

async function main({ minutes, json }: SoakArguments): Promise<void> {
  const figures = await runSoak({
    minutes,
    onProgress: (minute, { broadcasts, rssInMib }) =>
      console.error(`minute ${minute}: ${broadcasts} broadcasts, ${rssInMib.toFixed(0)} MiB`),
  });
  const violations = violationsOf(figures);
  const result = { ...figures, violations };
  console.log(json ? JSON.stringify(result, null, 2) : linesOf(figures, violations).join("\n"));
  if (violations.length > 0) process.exitCode = 1;
}

let chosen: SoakArguments | undefined;
try {
  chosen = parseSoakArguments(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
if (chosen) await main(chosen);
