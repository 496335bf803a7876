import { type EmulatorOptions, startEmulator } from "../emulator/index.ts";
import { chooseColorize, formatActivity } from "./activity-lines.ts";
import { describeOptions } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { readConfigFile } from "./config-file.ts";
import {
  EMULATOR_OPTION_TABLE,
  type EmulatorArguments,
  parseEmulatorArguments,
} from "./emulator-arguments.ts";
import { readTextFile } from "./files.ts";
import { mergeOptions } from "./merge-options.ts";
import { formatStartupMessage } from "./startup-message.ts";

export const emulatorCommand: Command = {
  summary: "Runs a local Azure Web PubSub until Ctrl-C.",
  help: `Usage: resilient-pubsub emulator [options]

Runs a local Azure Web PubSub until Ctrl-C, SIGTERM or SIGHUP, and prints its connection string.

  resilient-pubsub emulator --hub chat --upstream http://localhost:3000/api/webpubsub/hubs/chat/

${describeOptions(EMULATOR_OPTION_TABLE)}
  --help, --version`,

  async run(argv, context) {
    const given = parseEmulatorArguments(argv);
    const options = await collectOptions(given);
    const emulator = await startEmulator(
      given.isVerbose ? { ...options, onActivity: reporter(context) } : options,
    );
    emulator.ref();
    try {
      const { output, stopSignal } = context;
      if (given.faults.length > 0) await emulator.inject(given.faults);
      for (const line of formatStartupMessage(emulator, options, given.faults)) output.line(line);
      await aborted(stopSignal);
      output.line("Stopping.");
      return "done";
    } finally {
      await emulator.close();
    }
  },
};

async function collectOptions(given: EmulatorArguments): Promise<EmulatorOptions> {
  const { configFile, tlsFiles } = given;
  const fromFile = configFile === undefined ? {} : await readConfigFile(configFile);
  const options = mergeOptions(fromFile, given);
  if (!tlsFiles) return options;
  const cert = await readTextFile(tlsFiles.cert, "the certificate");
  const key = await readTextFile(tlsFiles.key, "the private key");
  return { ...options, tls: { cert, key } };
}

function reporter({ output, env }: CommandContext): EmulatorOptions["onActivity"] {
  const paint = chooseColorize(output.isTerminal, env);
  return (activity) => output.line(formatActivity(activity, new Date(), paint));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve());
  });
}
