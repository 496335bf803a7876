// `npm run bench` runs all but the long ones, `npm run bench -- broadcast memory` only those named.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const questions = [
  "broadcast",
  "rest",
  "start",
  "import",
  "cold-start",
  "memory",
  "failover",
  "health-job",
  "negotiate",
  "telemetry",
  "review",
  "hanging-messages",
  "move-cost",
  "client-memory",
  "route",
  "fan-out",
  "fan-out-steps",
  "fan-out-growth",
  "growth",
  "fan-out-blackhole",
  "http2",
  "history",
  "history-reads",
];
// Takes minutes and answers the same each time, so it runs only when it is named.
const longQuestions = ["fan-out-memory"];

const modifiedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function quietly(command, cwd) {
  const { status, stdout, stderr } = spawnSync(command, { cwd, shell: true, encoding: "utf8" });
  if (status === 0) return;
  console.error(stdout, stderr);
  throw new Error(`Failed: ${command}`);
}

const wanted = process.argv.slice(2);
const known = [...questions, ...longQuestions];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  process.exit(2);
}

if (modifiedAt(`${here}node_modules/.package-lock.json`) < modifiedAt(`${here}package-lock.json`)) {
  quietly("npm ci --no-audit --no-fund --loglevel=error", here);
}
// As the package is built, but out of the way of its own `dist`.
quietly("npx tsdown --out-dir test/bench/dist --no-dts", root);
const parts = [
  "service/encoded-body",
  "service/pool-client",
  "service/request-pipeline",
  "emulator/http/self-signed-certificate",
];
const entries = parts.map((part) => `src/${part}.ts`).join(" ");
quietly(`npx tsdown ${entries} --no-config --out-dir test/bench/dist/parts --no-dts`, root);

const load = () => loadavg()[0].toFixed(1);
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, load ${load()}`);
for (const name of wanted.length > 0 ? wanted : questions) {
  const { run } = await import(`./${name}.mjs`);
  await run();
}
console.log(`\nLoad at the end: ${load()}`);
