import { execFile } from "node:child_process";
import { cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);
const root = path.join(__dirname, "../../..");
export const modulesOfRoot = path.join(root, "node_modules");

const needed = [
  "src",
  "docs",
  "scripts",
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "package.json",
  "tsconfig.json",
  "tsdown.config.ts",
];

/** What builds the site of the docs has modules of its own, and is large. */
const isSource = (file: string): boolean => !["node_modules", "dist"].includes(path.basename(file));

/**
 * Packs in a folder of its own, out of the way of other builds.
 *
 * @returns The tarball, and the folder that it is in.
 */
export async function pack(): Promise<{ tarball: string; folder: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "packed-"));
  const source = path.join(folder, "source");
  for (const name of needed) {
    await cp(path.join(root, name), path.join(source, name), { recursive: true, filter: isSource });
  }
  await symlink(modulesOfRoot, path.join(source, "node_modules"));
  await execute("npm", ["run", "build"], { cwd: source });
  await execute(process.execPath, ["scripts/sub-path-folders.mjs"], { cwd: source });
  const parameters = ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder];
  const { stdout } = await execute("npm", parameters, { cwd: source });
  return { tarball: path.join(folder, stdout.trim()), folder };
}
