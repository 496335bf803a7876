import type { DrillReport } from "./drill.ts";
import type { Distribution } from "./statistics.ts";

/** A report to be pasted into an issue or a wiki. */
export function drillMarkdown({ figures, sends, ...drill }: DrillReport): string[] {
  const { withoutConnection, allBackAfterInMs, recovered } = figures;
  const rows: [string, string][] = [
    ["clients", String(figures.clients)],
    ["where they were before", listOf(figures.before)],
    ["clients that lost their connection", String(figures.affected)],
    ["without a connection", distributionText(withoutConnection)],
    [
      "all back",
      allBackAfterInMs === undefined ? "no" : `${allBackAfterInMs} ms after ${anchorOf(drill)}`,
    ],
    ["moved", listOf(figures.moves)],
    ["back by the same connection", String(figures.sameConnection)],
    ["recovered what they missed", `${recovered.yes} yes, ${recovered.no} no`],
    ["negotiates without an endpoint, by status", listOf(figures.failedNegotiates)],
    ["attempts to connect that failed", listOf(figures.failedConnects)],
    ["where they were at the end", listOf(figures.after)],
  ];
  if (sends) {
    const missed = `${(sends.missedShare * 100).toFixed(1)} % of ${sends.accepted} to ${figures.clients} clients`;
    rows.push(
      ["messages sent, and accepted", `${sends.sent}, ${sends.accepted}`],
      ["missed", `${missed}; ${sends.mostMissedByOne} at most by one`],
      ["heard more than once", String(sends.repeated)],
    );
  }
  const result = drill.problems.length > 0 ? "failed" : drill.isStopped ? "stopped" : "passed";
  return [
    `# Failover drill: ${result}`,
    "",
    `- Negotiate: ${drill.negotiateUrls.join(", ")}`,
    `- Broken by: ${drill.brokenBy}`,
    `- Begun: ${drill.startedAt}, took ${Math.round(drill.durationInMs / 1000)} s`,
    ...drill.problems.map((problem) => `- Problem: ${problem}`),
    "",
    "| figure | measured |",
    "| --- | --- |",
    ...rows.map(([name, value]) => `| ${name} | ${value.replaceAll("|", "\\|")} |`),
  ];
}

const anchorOf = ({ brokenBy }: Pick<DrillReport, "brokenBy">): string =>
  brokenBy === "admin route" ? "the region was broken" : "the first loss";

function listOf(counts: Readonly<Record<string, number>>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name}: ${count}`);
  return parts.join(", ") || "none";
}

function distributionText({ count, min, median, p90, max }: Distribution): string {
  if (count === 0) return "never";
  return `median ${median} ms, 90 % within ${p90} ms (${min} to ${max}; ${count} times)`;
}
