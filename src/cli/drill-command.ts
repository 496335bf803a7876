import { writeFile } from "node:fs/promises";
import { safeText } from "../kit/safe-text.ts";
import { describeOptions } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { DRILL_OPTION_TABLE, type DrillArguments, parseDrillArguments } from "./drill-arguments.ts";

export const drillCommand: Command = {
  summary: "Rehearses a failover of a running app, with clients, and reports.",
  help: `Usage: resilient-pubsub drill [options]

Connects clients to a running app, watches while you break a region (or breaks the emulator), and
reports who was without a connection, for how long, and where they went. Ctrl-C ends it early, with
a report of what there is. What to do is told on stderr, the report is on stdout.

  resilient-pubsub drill --negotiate-url https://app.example.com/negotiate --clients 50

${describeOptions(DRILL_OPTION_TABLE)}
  --help, --version`,

  async run(argv, context) {
    const given = parseDrillArguments(argv);
    const { drillMarkdown, EmulatorAdmin, runDrill } = await import("../drill/index.ts");
    const { admin } = given;
    const emulator = admin && new EmulatorAdmin(admin.url);
    const report = await told(() =>
      runDrill({
        ...given,
        region: emulator && {
          break: () => emulator.break(admin.faults),
          heal: () => emulator.heal(),
        },
        signal: context.stopSignal,
        onStep: (step) => context.errors.line(step),
      }),
    );
    const markdown = drillMarkdown(report);
    const json = JSON.stringify(report, undefined, 2);
    for (const line of given.isJson ? [json] : markdown) context.output.line(line);
    await writeReport(given, `${markdown.join("\n")}\n`, `${json}\n`, context);
    return report.problems.length > 0 ? "failed" : "done";
  },
};

/** @throws CommandError in place of what a rehearsal cannot go on with */
async function told<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`The drill has ended: ${safeText(reason)}.`, { cause });
  }
}

async function writeReport(
  { reportFile }: DrillArguments,
  markdown: string,
  json: string,
  { errors }: CommandContext,
): Promise<void> {
  if (reportFile === undefined) return;
  try {
    await writeFile(reportFile, reportFile.endsWith(".json") ? json : markdown);
    errors.line(`The report is in ${reportFile}.`);
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(`Cannot write the report to ${reportFile}: ${code}.`, { cause });
  }
}
