import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { modulesOfRoot } from "./pack.ts";

const execute = promisify(execFile);
const cache = path.join(modulesOfRoot, ".cache/consumers");

/**
 * Fetches what only a consumer needs from the npm registry, unless that was done before; no install
 * script of it runs.
 *
 * @param name Of the package.
 * @param version Such as `5.0`, for the newest of these.
 * @returns The folder of modules that it is in, beside all that it needs.
 */
export async function fetchPackage(name: string, version: string): Promise<string> {
  const home = path.join(cache, `${name.replace("/", "+")}@${version}`);
  const done = path.join(home, "done");
  if (!existsSync(done)) {
    await mkdir(home, { recursive: true });
    const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    const install = ["install", "--prefix", home, "--ignore-scripts", ...quiet];
    const shell = process.platform === "win32";
    await execute("npm", [...install, `${name}@${version}`], { cwd: home, shell });
    await writeFile(done, "");
  }
  return path.join(home, "node_modules");
}
