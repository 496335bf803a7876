// `npm run bench:failover` runs everything, `npm run bench:failover -- crash moves` only what is named.
import { spawnSync } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const build = "npx tsdown --out-dir test/bench/dist --no-dts";
const { status, stdout, stderr } = spawnSync(build, { cwd: root, shell: true, encoding: "utf8" });
if (status !== 0) {
  console.error(stdout, stderr);
  throw new Error(`Failed: ${build}`);
}

const { faults, run: runFaults } = await import("./client-failover.mjs");
const { run: runMoves } = await import("./client-moves.mjs");
const known = [...Object.keys(faults), "moves"];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : known;
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  process.exit(2);
}

const load = () => loadavg()[0].toFixed(1);
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, load ${load()}`);
const wantedFaults = wanted.filter((name) => name !== "moves");
if (wantedFaults.length > 0) await runFaults(wantedFaults);
if (wanted.includes("moves")) await runMoves();
console.log(`\nLoad at the end: ${load()}`);
