import { printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

/** What grows, and how many calls of each size are measured in a round. */
const subjects = {
  endpoints: { sizes: [2, 10, 100], calls: 300 },
  hubs: { sizes: [1, 10, 100], calls: 1000 },
  groups: { sizes: [10, 100, 1000, 10_000], calls: 300 },
  messages: { sizes: [1, 1000, 100_000, 1_000_000], calls: 1000 },
};
/** Steeper than this is worse than linear: what does not fit into the caches of the processor takes its time as well. */
const steepest = 1.15;

/** What does an operation cost when there is more of everything? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 9);
  printQuestion(
    "Growth: what does an operation cost with more endpoints, hubs, groups and messages?",
    [
      "CPU of one process that calls the middleware and the history in memory by itself; a broadcast goes over",
      "sockets to all endpoints. Sizes alternate, and the median of the rounds counts. The slope is that of",
      "the costs over the sizes, both as logarithms, from the smallest to the largest: 1 is linear.",
    ],
  );
  const count = Math.max(...subjects.endpoints.sizes);
  const services = await Worker.start("servers/accepting-services.mjs", { count });
  for (const subject of Object.keys(subjects)) {
    const app = await Worker.start("servers/growing-app.mjs", { urls: services.info.urls });
    let operations = [];
    for (const size of subjects[subject].sizes) {
      operations = await app.call("prepare", { subject, size });
    }
    for (const operation of operations) {
      print(subject, operation, await costsOf(app, subject, operation, rounds));
    }
    await app.stop();
  }
  await services.stop();
}

/** @returns The costs of each size, round by round. */
async function costsOf(app, subject, operation, rounds) {
  const { sizes, calls } = subjects[subject];
  const costs = new Map(sizes.map((size) => [size, []]));
  for (let round = -2; round < rounds; round++) {
    for (const size of round % 2 === 0 ? sizes : sizes.toReversed()) {
      const cost = await app.call("measure", { subject, size, operation, calls });
      if (round >= 0) costs.get(size).push(cost);
    }
  }
  return costs;
}

function print(subject, operation, costs) {
  const sizes = [...costs.keys()];
  const medians = sizes.map((size) => median(costs.get(size)));
  const [least = 1] = medians;
  const figures = sizes.map((size, index) => {
    const ratio = medians[index] / least;
    return `${size}: ${index === 0 ? `${least.toFixed(1)} us` : `${ratio.toFixed(2)} x`}`;
  });
  const slope = Math.log(medians.at(-1) / least) / Math.log(sizes.at(-1) / sizes[0]);
  const verdict = slope <= steepest ? "" : "   WORSE than linear";
  const name = `${subject}, ${operation}`;
  console.log(`  ${name.padEnd(34)}${figures.join("   ")}   slope ${slope.toFixed(2)}${verdict}`);
}
