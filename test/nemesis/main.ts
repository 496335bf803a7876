import { abortOnInterrupt } from "../../demo-app/kit/abort-on-interrupt.ts";
import { type NemesisArguments, parseNemesisArguments } from "./arguments.ts";
import { runNemesis } from "./nemesis-run.ts";
import { linesOf } from "./report.ts";

async function main({ json, ...options }: NemesisArguments): Promise<void> {
  const signal = abortOnInterrupt();
  const onProgress = (line: string): void => console.error(line);
  const result = await runNemesis({ ...options, signal, onProgress });
  console.log(json ? JSON.stringify(result, null, 2) : linesOf(result).join("\n"));
  if (result.violations.length > 0) process.exitCode = 1;
}

let chosen: NemesisArguments | undefined;
try {
  chosen = parseNemesisArguments(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
if (chosen) await main(chosen);
