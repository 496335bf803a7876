import { DEFAULTS, runClientClientDrill } from "./client-client-drill/client-client-drill.ts";
import { linesOf } from "./client-client-drill/result.ts";
import { type DrillArguments, parseDrillArguments } from "./drill-command/arguments.ts";
import { runClientServerDrill } from "./drill-command/client-server-drill.ts";
import { abortOnInterrupt } from "./kit/abort-on-interrupt.ts";

/** @returns Whether it passed. */
async function runChosenDrill(chosen: DrillArguments, signal: AbortSignal): Promise<boolean> {
  const { clients, json } = chosen;
  if (chosen.topology === "client-server") return runClientServerDrill({ clients, json, signal });
  // The result alone goes to the standard output, so that it can be read by a program.
  const print = json ? console.error : console.log;
  const result = await runClientClientDrill({ ...DEFAULTS, ...chosen }, print, signal);
  console.log(json ? JSON.stringify(result, null, 2) : linesOf(result).join("\n"));
  return result.isPassed;
}

function readArguments(): DrillArguments | undefined {
  try {
    return parseDrillArguments(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

const chosen = readArguments();
if (chosen === undefined) process.exitCode = 2;
else if (!(await runChosenDrill(chosen, abortOnInterrupt()))) process.exitCode = 1;
