// Is this working tree slower than a revision, by default the last release? Three to four minutes.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, quantile } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
// Inside of the project, so that both find its dependencies when they run.
const place = fileURLToPath(new URL("dist/smoke/", import.meta.url));
const subject = { subject: "endpoints", size: 3 };
const operations = { negotiate: 400, "another route": 20_000, broadcast: 300 };
const goal = 0.85;
/** A process is luckier than another one for as long as it lives, so each side has several. */
const defaults = { pairs: "6", rounds: "10" };

const outcomeOf = (text, cwd = root) => spawnSync(text, { cwd, shell: true, encoding: "utf8" });

function command(text, cwd) {
  const { status, stdout, stderr } = outcomeOf(text, cwd);
  if (status === 0) return stdout.trim();
  throw new Error(`Failed: ${text}\n${stdout}${stderr}`);
}

function build(from, name) {
  const out = `${place}${name}`;
  command(`npx tsdown --out-dir ${JSON.stringify(out)} --no-dts`, from);
  return `${out}/index.mjs`;
}

function buildRevision(revision) {
  const source = mkdtempSync(join(tmpdir(), "bench-smoke-"));
  symlinkSync(join(root, "node_modules"), join(source, "node_modules"));
  const parts = "src package.json tsconfig.json tsdown.config.ts";
  command(`git archive ${revision} -- ${parts} | tar -x -C ${JSON.stringify(source)}`);
  const built = build(source, "before");
  rmSync(source, { recursive: true });
  return built;
}

/** @returns How much each operation of now costs of what it did before, in one pair of processes. */
async function comparePair(urls, before, now, rounds) {
  const sides = [
    await Worker.start("servers/growing-app.mjs", { urls, module: before }),
    await Worker.start("servers/growing-app.mjs", { urls, module: now }),
  ];
  for (const side of sides) await side.call("prepare", subject);
  const rates = {};
  for (const [operation, calls] of Object.entries(operations)) {
    const ratios = [];
    for (let round = -2; round < rounds; round++) {
      const costs = [0, 0];
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
        costs[index] = await sides[index].call("measure", { ...subject, operation, calls });
      }
      if (round >= 0) ratios.push(costs[0] / costs[1]);
    }
    rates[operation] = median(ratios);
  }
  await Promise.all(sides.map((side) => side.stop()));
  return rates;
}

/** Half of the width in which the median of so many lies by chance (a notch of a box plot). */
const noiseOf = (values) =>
  (1.58 * (quantile(values, 0.75) - quantile(values, 0.25))) / Math.sqrt(values.length);

const { values } = parseArgs({
  options: {
    against: { type: "string" },
    pairs: { type: "string", default: defaults.pairs },
    rounds: { type: "string", default: defaults.rounds },
  },
});
// Nothing is said where there is no tag.
const lastRelease = () => outcomeOf("git describe --tags --abbrev=0 --match 'v*'").stdout.trim();
const named = values.against ?? lastRelease();
if (!named) {
  console.log("There has been no release to compare with; give -- --against <revision>.");
  process.exit(0);
}
const revision = command(`git rev-parse --verify ${JSON.stringify(`${named}^{commit}`)}`);
rmSync(place, { recursive: true, force: true });
const before = buildRevision(revision);
const now = build(root, "now");
const services = await Worker.start("servers/accepting-services.mjs", { count: subject.size });
const samples = Object.fromEntries(Object.keys(operations).map((operation) => [operation, []]));
for (let pair = 0; pair < Number(values.pairs); pair++) {
  const rates = await comparePair(services.info.urls, before, now, Number(values.rounds));
  for (const [operation, rate] of Object.entries(rates)) samples[operation].push(rate);
}
await services.stop();
rmSync(place, { recursive: true, force: true });

console.log(
  `This working tree against ${named} (${revision.slice(0, 8)}), load ${loadavg()[0].toFixed(1)}`,
);
for (const [operation, rates] of Object.entries(samples)) {
  const middle = median(rates);
  const noise = noiseOf(rates);
  const isSlower = middle + noise < goal;
  const verdict = isSlower ? `SLOWER than ${goal} x` : "fine";
  console.log(
    `  ${operation.padEnd(16)}${middle.toFixed(3)} x of the calls for the same CPU time, ± ${noise.toFixed(3)}   ${verdict}`,
  );
  if (isSlower) process.exitCode = 1;
}
