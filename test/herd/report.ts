import type { Verdict } from "./judge.ts";
import type { HerdPlan } from "./plan.ts";

/** One run, in words. */
export function linesOf(plan: HerdPlan, { figures, violations }: Verdict): string[] {
  const { clients, servers, units, rate, fault, balance } = plan;
  const count = (value: number): string => value.toLocaleString("en-US");
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  return [
    `${count(clients)} clients, ${servers} app servers, ${units} units of ${rate} a second, fault: ${fault}, balance: ${balance}`,
    `  let in: half ${seconds(figures.median)}, 99 % ${seconds(figures.t99)}, all ${seconds(figures.all)}; shortest possible ${seconds(figures.shortest)}`,
    `  busiest second: ${count(figures.mostRequests)} asked, ${count(figures.mostAccepts)} let in and ${count(figures.mostReads)} histories read, limit ${count(figures.limit)}`,
    `  requests: ${figures.requestsPerClient.toFixed(2)} a client, ${figures.mostRequestsOfOne} at most; the census counted ${(100 * figures.counted).toFixed(1)} %`,
    ...violations.map((violation) => `  VIOLATION ${violation}`),
  ];
}
