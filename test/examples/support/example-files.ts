import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const folder = path.join(__dirname, "../../../examples");

/** Names of all examples. */
export const examples: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export const folderOf = (example: string): string => path.join(folder, example);

export const readExample = (example: string, file: string): string =>
  readFileSync(path.join(folder, example, file), "utf8");
