// `npm run test:nodes` proves on Node 22 and 24 what `npm test` and `npm run test:package` prove on the
// Node that runs them: the packed package serves its consumers, and clients survive a crash.
// `npm run test:nodes -- 20.18.1` does so on any version that is on the npm registry.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fetchNode, packageOfNode } from "./node-binary.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const jest = path.join(root, "node_modules/jest/bin/jest.js");
const counts = {
  numPassedTests: 0,
  numFailedTests: 0,
  numRuntimeErrorTestSuites: 0,
  testResults: [],
};

const { values, positionals } = parseArgs({
  options: { json: { type: "boolean" }, outputFile: { type: "string" } },
  allowPositionals: true,
});
const [ownMajor] = process.versions.node.split(".");
const versions =
  positionals.length > 0 ? positionals : ["22", "24"].filter((major) => major !== ownMajor);

const nodePackage = packageOfNode();
if (nodePackage) {
  const workplace = mkdtempSync(path.join(tmpdir(), "nodes-"));
  try {
    const tarball = pack(workplace);
    for (const version of versions) test(fetchNode(nodePackage, version), tarball, workplace);
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
} else {
  const machine = `${process.platform} on ${process.arch}`;
  console.log(
    `The npm registry has no Node for ${machine}: skipped Node ${versions.join(" and ")}.`,
  );
}
if (values.outputFile) writeFileSync(values.outputFile, JSON.stringify(counts));

/** Once for all versions: what is published does not depend on them. */
function pack(workplace) {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", workplace], {
    cwd: root,
    stdio: "pipe",
    shell: process.platform === "win32",
  });
  const [tarball] = readdirSync(workplace);
  return path.join(workplace, tarball);
}

function test(folder, tarball, workplace) {
  const node = path.join(folder, "node");
  console.log(`\n== Node ${execFileSync(node, ["--version"], { encoding: "utf8" }).trim()}`);
  const outputFile = path.join(workplace, "counts.json");
  const parameters = [
    ...["--selectProjects", "package", "express 5"],
    // What TypeScript says of the types is the same on every Node.
    "--testNamePattern=^(?!.*\\btyped\\b)",
    ...["--json", `--outputFile=${outputFile}`],
    ...["--", "test/consumers/(client|packed)", "test/failover/acceptance"],
  ];
  const { status } = spawnSync(node, [jest, ...parameters], {
    cwd: root,
    // With --json, what is meant for people goes to stderr.
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      PATH: `${folder}${path.delimiter}${process.env.PATH}`,
      PACKED_TARBALL: tarball,
    },
  });
  if (status !== 0) process.exitCode = 1;
  const result = JSON.parse(readFileSync(outputFile, "utf8"));
  const { testResults, ...numbers } = counts;
  for (const name of Object.keys(numbers)) counts[name] += result[name];
  testResults.push(...result.testResults);
}
