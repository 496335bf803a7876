import { type DrillArguments, parseDrillArguments } from "./drill/arguments.ts";
import { DEFAULTS, runClientClientDrill } from "./drill/client-client/client-client-drill.ts";
import { linesOf } from "./drill/client-client/result.ts";
import { runFailoverDrill } from "./drill/failover-drill.ts";
import { abortOnInterrupt } from "./interruption.ts";

async function main({ topology, json, ...chosen }: DrillArguments): Promise<boolean> {
  const signal = abortOnInterrupt();
  // The result alone goes to the standard output, so that it can be read by a program.
  const print = json ? console.error : console.log;
  if (topology === "client-client") {
    const result = await runClientClientDrill({ ...DEFAULTS, ...chosen }, print, signal);
    console.log(json ? JSON.stringify(result, null, 2) : linesOf(result).join("\n"));
    return result.isPassed;
  }
  const result = await runFailoverDrill(print, signal);
  if (json) console.log(JSON.stringify(result, null, 2));
  return result.isPassed;
}

let chosen: DrillArguments | undefined;
try {
  chosen = parseDrillArguments(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
if (chosen && !(await main(chosen))) process.exitCode = 1;
