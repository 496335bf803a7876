import { parseClientServerArguments } from "./drill/client-server/arguments.ts";
import { runClientServerDrill } from "./drill/client-server/client-server-drill.ts";
import { abortOnInterrupt } from "./interruption.ts";

const settings = readArguments();
if (settings === undefined) {
  process.exitCode = 2;
} else if (!(await runClientServerDrill({ ...settings, signal: abortOnInterrupt() }))) {
  process.exitCode = 1;
}

function readArguments(): ReturnType<typeof parseClientServerArguments> | undefined {
  try {
    return parseClientServerArguments(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}
