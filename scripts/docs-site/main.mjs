// `npm run docs` builds the site of the docs in `dist/` beside this file, `npm run docs:dev` serves it while they
// are written. What that takes is no dependency of the project: it is installed here when it is first needed.
import { execFileSync, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const site = fileURLToPath(new URL("./", import.meta.url));
const [command = "build"] = process.argv.slice(2);

const modifiedAt = (file) =>
  statSync(path.join(site, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modifiedAt("node_modules/.package-lock.json") < modifiedAt("package-lock.json")) {
  console.log("Installing what builds the site (once) ...");
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  execFileSync("npm", ["ci", "--ignore-scripts", ...quiet], {
    cwd: site,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
const vitepress = path.join(site, "node_modules/vitepress/bin/vitepress.js");
const { status } = spawnSync(process.execPath, [vitepress, command, site], { stdio: "inherit" });
process.exitCode = status ?? 1;
