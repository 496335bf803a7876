import { measureInFreshProcess } from "./support/fresh-process.mjs";
import { judge, printFigure, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median } from "./support/statistics.mjs";

const goalInMs = 100;
const subjects = { sdk: "@azure/web-pubsub", ours: "./dist/index.mjs" };

/** What does a process pay for importing the plugin? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 15);
  printQuestion("Import: how much longer than that of the SDK does the import take?", [
    "Every round in fresh processes, in turn; what is not said to be CPU time is time on the wall.",
  ]);
  const samples = { sdk: [], ours: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, module] of Object.entries(subjects)) {
      const sample = measureInFreshProcess(`await import("${module}"); stop();`);
      if (round >= 0) samples[name].push(sample);
    }
  }
  const durations = (name) => samples[name].map(({ wall }) => wall);
  printFigure("the SDK, @azure/web-pubsub", durations("sdk"), "ms");
  printFigure("the plugin", durations("ours"), "ms");
  const added = (clock) =>
    samples.ours.map((ours, round) => ours[clock] - samples.sdk[round][clock]);
  printFigure("the plugin adds", added("wall"), "ms");
  printFigure("the same in CPU time", added("cpu"), "ms");
  console.log(judge(median(added("wall")) <= goalInMs, `<= ${goalInMs} ms more than the SDK`));
}
