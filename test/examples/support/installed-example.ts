import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterFile } from "../../support/clean-up.ts";
import { folderOf } from "./example-files.ts";

const execute = promisify(execFile);

/**
 * An example after `npm install`, which has taken the packed package in place of the published one.
 *
 * @returns Its folder, which is removed after the tests of the file.
 */
export async function installExample(example: string): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), `example-${example}-`));
  afterFile(() => rm(home, { recursive: true, force: true }));
  await cp(folderOf(example), home, { recursive: true });
  const file = path.join(home, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  manifest.dependencies["express-resilient-pubsub"] = `file:${process.env.PACKED_TARBALL}`;
  await writeFile(file, JSON.stringify(manifest));
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"];
  await execute("npm", ["install", ...quiet], { cwd: home, shell: process.platform === "win32" });
  return home;
}
