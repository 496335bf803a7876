import type { ResilientPubSubOptions } from "../contract/options.ts";
import type { DiagnoseOptions, Diagnosis, FindingStatus } from "../doctor/contract.ts";
import { InvalidOptionsError } from "../kit/errors.ts";
import { endpointsFromEnv } from "../options/endpoints-from-env.ts";
import { type Colorize, chooseColorize } from "./activity-lines.ts";
import { describeOptions } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";
import {
  argumentNameOf,
  DOCTOR_OPTION_TABLE,
  type DoctorArguments,
  parseDoctorArguments,
} from "./doctor-arguments.ts";
import { readOptionsFile } from "./options-file.ts";
import { UsageError } from "./usage-error.ts";

export const doctorCommand: Command = {
  summary: "Looks at the options of an app and at the world they name.",
  help: `Usage: resilient-pubsub doctor [options]

Looks at the options of an app, its endpoints, stores, routes and pages, and says what to do about
what will not work. It is safe against production. The findings are on stdout.

  resilient-pubsub doctor --options ./pubsub-options.mjs --public-url https://app.example.com

${describeOptions(DOCTOR_OPTION_TABLE)}
  --help, --version`,

  async run(argv, context) {
    const given = parseDoctorArguments(argv);
    const options = await collectOptions(given, context);
    const doctor = await import("../doctor/index.ts");
    const diagnosis = await within(context, (watch) =>
      doctor.diagnose(options, { ...given.diagnoseOptions, ...watch }),
    );
    const { output, env } = context;
    if (given.isJson) output.line(JSON.stringify(diagnosis, undefined, 2));
    else {
      const paint = painted(chooseColorize(output.isTerminal, env));
      for (const line of doctor.formatDiagnosis(diagnosis, paint)) output.line(line);
    }
    return diagnosis.ok ? "done" : "failed";
  },
};

async function collectOptions(
  { optionsFile, hub }: DoctorArguments,
  context: CommandContext,
): Promise<ResilientPubSubOptions> {
  if (optionsFile !== undefined) {
    const options = await readOptionsFile(optionsFile, context);
    return hub === undefined ? options : { ...options, hub };
  }
  const endpoints = endpointsFromEnv(context.env);
  // Who may negotiate is the running app's to say; nobody is asked here.
  return { hub: hub ?? "", endpoints, negotiate: { authenticate: () => null } };
}

type Watch = Pick<DiagnoseOptions, "abortSignal" | "onProgress">;

/** @throws UsageError for what the command line has wrong, CommandError when it was asked to stop */
async function within(
  { errors, stopSignal }: CommandContext,
  diagnose: (watch: Watch) => Promise<Diagnosis>,
): Promise<Diagnosis> {
  try {
    return await diagnose({
      abortSignal: stopSignal,
      onProgress: ({ done, total, title, findings }) => {
        if (!findings) errors.progress(`${done + 1}/${total} ${title}`);
      },
    });
  } catch (error) {
    if (stopSignal.aborted) throw new CommandError("Stopped before the end.");
    if (!(error instanceof InvalidOptionsError)) throw error;
    const lines = error.problems.map(({ path, message }) => `${argumentNameOf(path)}: ${message}.`);
    throw new UsageError(lines.join(" "));
  } finally {
    errors.progress("");
  }
}

const COLOURS = { fail: "red", warn: "yellow", pass: "green", skipped: "grey" } as const;

const painted =
  (colorize: Colorize) =>
  (status: FindingStatus, text: string): string =>
    colorize(COLOURS[status], text);
