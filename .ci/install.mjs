// Installs the dependencies when they are absent or older than the lock file, so that
// `npm test` and `npm run demo` are enough on a fresh clone and cost nothing afterwards.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";

const modifiedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (modifiedAt("node_modules/.package-lock.json") < modifiedAt("package-lock.json")) {
  console.log("Installing dependencies (once) ...");
  const { status, error } = spawnSync("npm ci --no-audit --no-fund --loglevel=error", {
    stdio: "inherit",
    shell: true,
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
