import path from "node:path";

const SHOWN = 10;

/** Prints which files a run has spent most of its time on. */
export default class SlowestFilesReporter {
  onRunComplete(_contexts, { testResults }) {
    if (testResults.length < SHOWN) return;
    const slowest = testResults
      .map(({ testFilePath, displayName, perfStats }) => ({
        file: `${path.relative(process.cwd(), testFilePath)} (${displayName?.name})`,
        inSeconds: (perfStats.end - perfStats.start) / 1000,
      }))
      .sort((a, b) => b.inSeconds - a.inSeconds)
      .slice(0, SHOWN);
    console.error("\nThe ten slowest files:");
    for (const { file, inSeconds } of slowest) {
      console.error(`${inSeconds.toFixed(1).padStart(6)} s  ${file}`);
    }
  }
}
