import { figuresOf, medianOf } from "./support/client-failover-figures.mjs";
import { isDisturbed, printCell, printTables } from "./support/client-failover-report.mjs";
import { trial } from "./support/client-failover-trial.mjs";
import { affordableSockets } from "./support/limit.mjs";
import { printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";

const makes = ["ours", "official", "official json", "official tuned", "bare"];
export const faults = {
  crash: { name: "crash of the primary", patienceInMs: 45_000, p99InMs: 3000 },
  "crash-with-app": {
    name: "the same, with its app server",
    patienceInMs: 45_000,
    p99InMs: 3000,
    hasTwoApps: true,
  },
  blackhole: { name: "blackhole of the primary", patienceInMs: 60_000, p99InMs: 15_000 },
  restart: { name: "restart, sessions kept", patienceInMs: 45_000, p99InMs: 2000 },
  "restart-empty": { name: "restart, sessions lost", patienceInMs: 45_000, p99InMs: 2000 },
  // A review comes within 20 s.
  gray: { name: "gray primary", patienceInMs: 30_000, p99InMs: 22_000 },
  "wrong-key": { name: "wrong key of the primary", patienceInMs: 30_000, p99InMs: 22_000 },
};

/** What do clients feel of a fault, whoever made them? */
export async function run(wanted = Object.keys(faults)) {
  const clients = affordableSockets(readCount("BENCH_CLIENTS", 1000), 2);
  const rounds = readCount("BENCH_ROUNDS", 1);
  const compared = makesOf(process.env.BENCH_MAKES);
  printQuestion(
    `Clients in failover: for how long do ${clients} hear nothing, and what do they miss?`,
    [
      "Two regions in one process, the app server with the plugin's default options in another, the",
      "clients in two more; all fresh for each line. A broadcast every 100 ms. The mean of the",
      "negotiates is that from the first to the last one after the fault. Where the app server of the",
      "region dies as well, another one is there from the start, and clients know both URLs.",
      `Medians of ${rounds} rounds; in each, all makes meet the fault in turn.`,
    ],
  );
  const rows = [];
  for (const key of wanted) {
    const fault = faults[key];
    console.log(`  -- ${fault.name}, given up after ${fault.patienceInMs / 1000} s`);
    const figures = Object.fromEntries(compared.map((make) => [make, []]));
    for (let round = 0; round < rounds; round++) {
      for (const make of compared) {
        figures[make].push(figuresOf(await quietest({ make, fault: key, clients, ...fault })));
      }
    }
    const cells = {};
    for (const make of compared) {
      cells[make] = medianOf(figures[make]);
      printCell(make, cells[make], fault);
    }
    rows.push({ fault, cells });
  }
  printTables(rows, compared);
}

function makesOf(text) {
  const compared = text?.split(",").map((make) => make.trim()) ?? makes;
  const unknown = compared.filter((make) => !makes.includes(make));
  if (unknown.length === 0) return compared;
  throw new Error(`BENCH_MAKES: there is no ${unknown.join(", ")}; there are ${makes.join(", ")}.`);
}

/** Clients that wait for a processor tell of the other jobs, so a trial that those disturb is repeated. */
async function quietest(job) {
  const first = await trial(job);
  if (!isDisturbed(first)) return first;
  const second = await trial(job);
  return second.machine.otherCores < first.machine.otherCores ? second : first;
}
