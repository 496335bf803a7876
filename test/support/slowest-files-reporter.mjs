import path from "node:path";

const count = 10;

/** Says at the end where the time of a run has gone. */
export default class SlowestFilesReporter {
  onRunComplete(_contexts, { testResults }) {
    if (testResults.length <= count) return;
    const durationOf = ({ perfStats }) => perfStats.end - perfStats.start;
    const slowest = testResults.toSorted((a, b) => durationOf(b) - durationOf(a)).slice(0, count);
    console.error(`\nThe ${count} slowest files:`);
    for (const result of slowest) {
      const seconds = (durationOf(result) / 1000).toFixed(1).padStart(6);
      console.error(`${seconds} s  ${path.relative("", result.testFilePath)}`);
    }
  }
}
