import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
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
  if (!existsSync(home)) await install(`${name}@${version}`, home);
  return path.join(home, "node_modules");
}

/** Test files run side by side and may want the same: the folder is there when it is complete. */
async function install(wanted: string, home: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const making = await mkdtemp(`${home}-`);
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const parameters = ["install", "--prefix", making, "--ignore-scripts", ...quiet, wanted];
  await execute("npm", parameters, { cwd: making, shell: process.platform === "win32" });
  await rename(making, home).catch(async (error) => {
    await rm(making, { recursive: true });
    if (!existsSync(home)) throw error;
  });
}
