// `node .ci/count-tests.mjs REPORTS TEST_STATUS FAILED_STAGES SCRIPT...` sums up what the test scripts
// have reported in JSON, names each test that failed, and ends with the line `N passed, N failed`.
import { readFileSync } from "node:fs";
import path from "node:path";

const [reports, testStatus, failedStages, ...scripts] = process.argv.slice(2);
let passed = 0;
let failed = Number(failedStages);

for (const script of scripts) {
  const report = readReport(path.join(reports, `${script}.json`));
  if (!report) {
    failed += 1;
    console.log(`FAILED in ${script}: there is no report`);
    continue;
  }
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  for (const name of report.testResults.flatMap(failuresOf))
    console.log(`FAILED in ${script}: ${name}`);
}

if (failed === 0 && (testStatus !== "0" || passed === 0)) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function failuresOf({ name, status, message, assertionResults }) {
  const file = path.relative(process.cwd(), name);
  const failures = assertionResults.filter((result) => result.status === "failed");
  if (failures.length === 0 && status === "failed") return [`${file}: ${message}`];
  return failures.map(({ fullName }) => `${file}: ${fullName}`);
}
