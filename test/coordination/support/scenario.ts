import type { EndpointIdentity } from "../../../src/coordination/observation.ts";
import type { ClockSettings } from "./virtual-clock.ts";

/** Everything that happens to a cluster. Times are milliseconds of the timeline; servers and endpoints are numbers. */
export interface Scenario {
  /** Of the delays and losses of the network and of the servers' own random numbers. */
  readonly seed: number;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  readonly failback: boolean;
  readonly network: Network;
  readonly servers: readonly ServerPlan[];
  /** How many want to be connected all the time. */
  readonly clients: number;
  readonly faults: readonly Fault[];
}

export interface Network {
  /** The most that a request, or an answer, takes. */
  readonly delayInMs: number;
  /** How many requests, and how many answers, are lost: 0.02 is 2 %. */
  readonly loss: number;
}

export interface ServerPlan {
  readonly startsAt: number;
  readonly clock: ClockSettings;
  /** From a change at an endpoint until this server sees it. */
  readonly detectionInMs: number;
  /** The endpoint that is its primary. */
  readonly primary: number;
  /** An endpoint that it does not know, or knows by another URL. */
  readonly ignorance?: { readonly endpoint: number; readonly isOtherUrl: boolean } | undefined;
}

interface Moment {
  readonly at: number;
}

interface Spell extends Moment {
  readonly forMs: number;
}

/** Of several servers: a bit for each. */
interface Several {
  readonly servers: number;
}

export type Fault =
  /** The process stands still; its timers fire and its answers arrive afterwards. */
  | (Spell & { readonly kind: "pause"; readonly server: number })
  /** It ends, at once or in good order, and comes back under another id. */
  | (Spell & { readonly kind: "crash" | "close"; readonly server: number })
  | (Spell & Several & { readonly kind: "store"; readonly how: StoreFault })
  /** Whatever arrives at the store takes effect when this is over. */
  | (Spell & { readonly kind: "store-pause" })
  /** The store forgets. */
  | (Moment & { readonly kind: "loss"; readonly what: "observations" | "everything" })
  /** The store is again what it was so long ago. */
  | (Moment & { readonly kind: "failover"; readonly lagInMs: number })
  /** Some have a store of their own, as the other was so long ago; it is thrown away in the end. */
  | (Spell & Several & { readonly kind: "split"; readonly lagInMs: number })
  /** The first move of the agreement that is written from then on arrives so much later. */
  | (Spell & { readonly kind: "delayed-move" })
  /** Nobody reaches it; those who are connected may be so still. */
  | (Spell & {
      readonly kind: "endpoint";
      readonly endpoint: number;
      readonly keepsClients: boolean;
    })
  /** Servers do not reach it. Clients do. */
  | (Spell & Several & { readonly kind: "partition"; readonly endpoint: number })
  /** It answers servers, but they do not rely on it: it has come and gone too often. */
  | (Spell & Several & { readonly kind: "flap"; readonly endpoint: number })
  /** What becomes of calls to it that list and close clients. */
  | (Spell &
      Several & { readonly kind: "calls"; readonly endpoint: number; readonly how: CallFault })
  | (Spell & { readonly kind: "drain"; readonly server: number; readonly endpoint: number })
  | (Spell & { readonly kind: "switch"; readonly server: number; readonly endpoint: number });

export type StoreFault =
  | "refuses"
  | "loses-requests"
  | "loses-answers"
  | "fails-when-done"
  | "delays-requests"
  | "delays-answers";

export type CallFault = "loses-requests" | "loses-answers" | "late";

export const ENDPOINTS = ["eastus", "westus", "northeurope"] as const;

/** What a server calls an endpoint; undefined when it does not know it. */
export function identityFor(plan: ServerPlan, endpoint: number): EndpointIdentity | undefined {
  const name = ENDPOINTS[endpoint] as string;
  if (plan.ignorance?.endpoint !== endpoint) return { name, url: `https://${name}` };
  return plan.ignorance.isOtherUrl ? { name, url: `https://other-${name}` } : undefined;
}

export function isAmong({ servers }: Several, server: number): boolean {
  return (servers >> server) % 2 === 1;
}

/** When nothing of it is left. */
export function endOf(fault: Fault): number {
  if (!("forMs" in fault)) return fault.at;
  // What is sent at the end of such a time may arrive as much later.
  const isDelaying = fault.kind === "store" || fault.kind === "delayed-move";
  return fault.at + (isDelaying ? 2 * fault.forMs : fault.forMs);
}

/** Whether the store forgets or turns back an agreement. */
export function losesAgreements({ faults }: Scenario): boolean {
  return faults.some(
    (fault) =>
      fault.kind === "failover" ||
      fault.kind === "split" ||
      (fault.kind === "loss" && fault.what === "everything"),
  );
}

/** When the last fault of a scenario is over, and all have seen it. */
export function quietFrom({ faults, servers, leaseInMs }: Scenario): number {
  const starts = servers.map(({ startsAt }) => startsAt);
  const detections = servers.map(({ detectionInMs }) => detectionInMs);
  return Math.max(...faults.map(endOf), ...starts) + Math.max(...detections) + leaseInMs;
}
