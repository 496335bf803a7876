import { limitOf, type Sizes } from "./story.ts";

export const FAULTS = [
  "none",
  "half-the-servers",
  "clocks-apart",
  "redis-away",
  "ignoring",
  "dark",
] as const;

/** One in twenty. */
const IGNORING_EVERY = 20;

/** What happens besides the death of a region. */
export type Fault = (typeof FAULTS)[number];

export interface HerdPlan extends Sizes {
  readonly fault: Fault;
  /** Whether a load balancer sends a client to the same app server each time. */
  readonly balance: "sticky" | "random";
}

/**
 * What fits so many clients: units for a quarter more, and app servers for 50,000 each, half of which can
 * answer a herd that comes at the limit.
 */
export function deploymentFor(clients: number, rate: number): Pick<HerdPlan, "servers" | "units"> {
  const units = Math.ceil((1.25 * clients) / 1000);
  const servers = Math.max(2, Math.ceil(clients / 50_000), Math.ceil((units * rate) / 2000));
  return { units, servers };
}

/** App servers that live on. */
export const survivorsOf = ({ servers, fault }: HerdPlan): number =>
  fault === "half-the-servers" || fault === "ignoring" ? Math.ceil(servers / 2) : servers;

/** The least time in which all clients can be let in, in seconds. */
export function shortestInSeconds(plan: HerdPlan): number {
  return (plan.clients * plan.servers) / (limitOf(plan) * survivorsOf(plan));
}

/** Whether a client asks again whenever it likes. */
export const isIgnoring = ({ fault }: HerdPlan, client: number): boolean =>
  fault === "ignoring" && client % IGNORING_EVERY === 0;
