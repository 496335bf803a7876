import { readFile } from "node:fs/promises";
import { CommandError } from "./command-error.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "access is denied",
};

/**
 * @param what Names the file's purpose in the message.
 * @throws CommandError
 */
export async function readTextFile(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    throw new CommandError(`Cannot read ${what} ${file}: ${REASONS[code] ?? code}.`, { cause });
  }
}
