import { judge } from "./report.mjs";

const headings = {
  ours: "our client",
  official: "official, reliable (default)",
  "official json": "official, json",
  "official tuned": "official, json, tuned",
  bare: "bare WebSocket + reconnect",
};
const goals = { peak: 2 };
const tolerableCores = 0.3;

/** Other jobs wanted the processors, too. */
export const isDisturbed = ({ machine }) => machine.otherCores > tolerableCores;

const percent = (share) => `${(share * 100).toFixed(share < 1 && share > 0 ? 1 : 0)} %`;
const seconds = (inMs, { patienceInMs }) =>
  Number.isFinite(inMs) ? `${(inMs / 1000).toFixed(2)} s` : `> ${patienceInMs / 1000} s`;
const peak = ({ perSecond, excess }) => `${perSecond.toFixed(0)}/s (${excess.toFixed(1)} x)`;

/** One make and one fault; only ours has goals. */
export function printCell(make, cell, fault) {
  const { silenceInMs, missed, missedNone, back, negotiates, machine, rejections } = cell;
  const [p50, p99, max] = silenceInMs.map((inMs) => seconds(inMs, fault));
  const isOurs = make === "ours";
  const line = (label, text, verdict = "") =>
    console.log(`  ${label.padEnd(16)}${text}${isOurs ? verdict : ""}`);
  line(
    make,
    `silence p50 ${p50}, p99 ${p99}, max ${max}`,
    judge(silenceInMs[1] <= fault.p99InMs, `p99 <= ${fault.p99InMs / 1000} s`),
  );
  line("", `back ${percent(back)}`, judge(back === 1, "100 %"));
  line("", `missed p50 ${missed[0]}, max ${missed[1]}; none missed by ${percent(missedNone)}`);
  const { moment, second, windowInMs, perClient } = negotiates;
  if (perClient > 0) {
    const by = `${perClient.toFixed(2)} by each client within ${seconds(windowInMs, fault)}`;
    line("", `negotiates: ${by}`);
    const verdict = judge(second.excess <= goals.peak, `<= ${goals.peak} x`);
    line("", `  in the busiest second ${peak(second)} the mean`, verdict);
    line(
      "",
      `  in the busiest 100 ms ${peak(moment)} the mean`,
      judge(moment.excess <= goals.peak, `<= ${goals.peak} x`),
    );
  }
  const parts = Object.entries(machine.cpuInMs).map(
    ([who, inMs]) =>
      `${who} ${(inMs / 1000).toFixed(1)} s (stall ${machine.stallInMs[who].toFixed(0)} ms)`,
  );
  line(
    "",
    `processor: ${parts.join(", ")}; other jobs ${Math.max(0, machine.otherCores).toFixed(1)} cores`,
  );
  line("", `for each move a client took ${machine.moveInMs.toFixed(1)} ms of a processor`);
  if (rejections > 0) line("", `${rejections} unhandled rejections`);
}

/** The same as Markdown, to be pasted; a star is for cells that other jobs have disturbed. */
export function printTables(rows, makes) {
  const table = (title, cellOf) => {
    console.log(`\n| ${[title, ...makes.map((make) => headings[make])].join(" | ")} |`);
    console.log(`| ${[title, ...makes].map(() => "---").join(" | ")} |`);
    for (const { fault, cells } of rows) {
      const texts = makes.map(
        (make) => cellOf(cells[make], fault) + (isDisturbed(cells[make]) ? " \\*" : ""),
      );
      console.log(`| ${[fault.name, ...texts].join(" | ")} |`);
    }
  };
  table("Silence: p50, p99, max", ({ silenceInMs, back }, fault) => {
    const figures = silenceInMs.map((inMs) => seconds(inMs, fault)).join(", ");
    return back === 1 ? figures : `${figures}; ${percent(back)} back`;
  });
  table(
    "Messages missed: p50, max; clients without a miss",
    ({ missed, missedNone }) => `${missed.join(", ")}; ${percent(missedNone)}`,
  );
  table("Processor time of a client's process for each move", ({ machine }) => {
    return `${machine.moveInMs.toFixed(1)} ms`;
  });
  table("Negotiates: busiest second, busiest 100 ms, by each client", ({ negotiates }) => {
    const { moment, second, perClient } = negotiates;
    return perClient === 0 ? "none" : `${peak(second)}, ${peak(moment)}, ${perClient.toFixed(1)}`;
  });
}
