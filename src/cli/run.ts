import { version } from "../../package.json";
import { EmulatorError } from "../emulator/index.ts";
import { describeValue } from "../kit/describe-value.ts";
import { isResilientPubSubError } from "../kit/errors.ts";
import { escapeUnprintable } from "../kit/safe-text.ts";
import type { Command, CommandContext } from "./command.ts";
import { CommandError } from "./command-error.ts";
import { doctorCommand } from "./doctor-command.ts";
import { drillCommand } from "./drill-command.ts";
import { emulatorCommand } from "./emulator-command.ts";
import { UsageError } from "./usage-error.ts";

const EXIT_CODES = { done: 0, failed: 1, wrongUsage: 2 } as const;

const COMMANDS: Readonly<Record<string, Command>> = {
  emulator: emulatorCommand,
  doctor: doctorCommand,
  drill: drillCommand,
};

/** Runs the command that the arguments name; resolves to the exit code. */
export async function run(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name = "", ...rest] = argv;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const asks = (...options: string[]) => argv.some((argument) => options.includes(argument));
  if (asks("--help", "-h"))
    return printAndSucceed(`${command?.help ?? overview()}\n\n${EXITS_HELP}`, context);
  if (asks("--version")) return printAndSucceed(version, context);
  try {
    if (!command) throw new UsageError(noCommand(name));
    return EXIT_CODES[await command.run(rest, context)];
  } catch (error) {
    return report(error, command && name, context);
  }
}

function printAndSucceed(text: string, { output }: CommandContext): number {
  output.line(text);
  return EXIT_CODES.done;
}

function report(error: unknown, command: string | undefined, { errors }: CommandContext): number {
  const print = (text: string) => errors.line(escapeUnprintable(`resilient-pubsub: ${text}`));
  if (error instanceof UsageError) {
    print(`${error.message} See resilient-pubsub ${command ? `${command} ` : ""}--help.`);
    return EXIT_CODES.wrongUsage;
  }
  if (error instanceof EmulatorError || isResilientPubSubError(error))
    print(`${error.code}: ${inOneLine(error.message)}${systemCodeOf(error)}`);
  else if (error instanceof CommandError) print(error.message);
  // Nobody foresaw this one, so its stack is what helps.
  else for (const line of stackOf(error).split("\n")) errors.line(escapeUnprintable(line));
  return EXIT_CODES.failed;
}

/** Bad options have a line each. */
function inOneLine(message: string): string {
  const [head, ...problems] = message.split("\n  ");
  return problems.length === 0 ? message : `${head} ${problems.join(". ")}.`;
}

/** The operating system's word for it, such as EACCES for a port below 1024. */
function systemCodeOf({ cause }: Error): string {
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ? ` (${code})` : "";
}

const stackOf = (error: unknown): string =>
  error instanceof Error && error.stack ? error.stack : String(error);

function noCommand(name: string): string {
  if (name === "") return "A command is missing.";
  if (name.startsWith("-")) return `A command must come before ${name}.`;
  return `Unknown command ${describeValue(name)}.`;
}

const EXITS_HELP = `Exit codes: 0 done or stopped, 1 could not start or something fails, 2 wrong command
line, 129, 130 or 143 ended at once by a second SIGHUP, SIGINT or SIGTERM.`;

const overview = (): string =>
  [
    "Usage: resilient-pubsub <command> [options]",
    "",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)}  ${summary}`),
    "",
    "resilient-pubsub <command> --help tells its options; --version tells the version.",
  ].join("\n");
