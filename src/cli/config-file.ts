import type { EmulatorOptions } from "../emulator/index.ts";
import { parseEmulatorOptions } from "../emulator/options/emulator-configuration.ts";
import { CommandError } from "./command-error.ts";
import { readTextFile } from "./files.ts";

/** @throws CommandError or EmulatorError `ERR_INVALID_OPTIONS`, naming the file. */
export async function readConfigFile(file: string): Promise<EmulatorOptions> {
  return parseConfig(await readTextFile(file, "the config file"), file);
}

/**
 * @param file Names the file in messages, none of which repeats its content: keys stand there.
 * @throws CommandError or EmulatorError `ERR_INVALID_OPTIONS`.
 */
export function parseConfig(text: string, file: string): EmulatorOptions {
  const options = parseJson(text.replace(/^\uFEFF/, ""), file);
  parseEmulatorOptions(options, file);
  return options;
}

function parseJson(text: string, file: string): EmulatorOptions {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message may quote the file, and a key with it.
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const where = position === undefined ? "" : ` (${lineAndColumn(text, Number(position))})`;
    throw new CommandError(`The config file ${file} is not valid JSON${where}.`);
  }
}

function lineAndColumn(text: string, position: number): string {
  const lines = text.slice(0, position).split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}
