import type { ClockSettings } from "../../../coordination/support/virtual-clock.ts";

/** Everything that happens to a hub. Times are milliseconds of the timeline; servers, regions and clients are numbers. */
export interface Story {
  /** Of the delays and fates of the network. */
  readonly seed: number;
  readonly regions: number;
  readonly servers: readonly ServerPlan[];
  readonly clients: readonly ClientPlan[];
  readonly sends: readonly SendPlan[];
  readonly faults: readonly Fault[];
  /** The most that a request, an answer or a frame takes. */
  readonly delayInMs: number;
  /** How many messages of a stream the store keeps. */
  readonly maxMessages: number;
}

export interface ServerPlan {
  readonly startsAt: number;
  readonly clock: ClockSettings;
}

export interface ClientPlan {
  readonly startsAt: number;
  /** One that knows nothing of positions. */
  readonly isPlain: boolean;
  /** From the connection to the confirmed join of its group. */
  readonly joinsInMs: number;
}

export const STREAMS = ["a", "g:room", "u:ada"] as const;

export interface SendPlan {
  readonly at: number;
  readonly server: number;
  /** Index in `STREAMS`. */
  readonly stream: number;
  /** A client that is not sent it. */
  readonly excluded: number | undefined;
  /** Published by a user: logged with a key, or refused; and perhaps once more, through another server. */
  readonly published: { readonly again: number | undefined } | undefined;
}

interface Moment {
  readonly at: number;
}

interface Spell extends Moment {
  readonly forMs: number;
}

/** A bit for each server, region or client that is concerned. */
interface Several {
  readonly mask: number;
}

export type StoreFault =
  | "refuses"
  | "loses-requests"
  | "loses-answers"
  | "fails-when-done"
  | "delays-requests"
  | "delays-answers";

export type SendFault =
  /** Accepted, though the server does not learn of it. */
  | "unsure-sent"
  | "unsure-lost"
  /** Accepted, though no client gets it. */
  | "gray"
  | "refused"
  | "late";

export type Fault =
  /** The process stands still; its timers fire and its answers arrive afterwards. */
  | (Spell & { readonly kind: "pause"; readonly server: number })
  /** It ends at once, and comes back. */
  | (Spell & { readonly kind: "crash"; readonly server: number })
  | (Spell & { readonly kind: "close"; readonly server: number })
  | (Spell & Several & { readonly kind: "store"; readonly how: StoreFault })
  /** The store is again what it was so long ago; its connections break, or are led to the other one unawares. */
  | (Moment & { readonly kind: "failover"; readonly lagInMs: number; readonly isTold: boolean })
  /** Some go on with the store as it was, while it has failed over for the others. */
  | (Spell &
      Several & { readonly kind: "zombie"; readonly lagInMs: number; readonly isTold: boolean })
  /** The store forgets streams: a bit for each. */
  | (Moment & Several & { readonly kind: "eviction" })
  /** What becomes of sends of these servers to a region. */
  | (Spell &
      Several & {
        readonly kind: "send";
        readonly region: number;
        readonly how: SendFault;
        /** Of 1. */
        readonly share: number;
      })
  /** Its connections end, and nobody reaches it. */
  | (Spell & { readonly kind: "region"; readonly region: number })
  /** The client's connection ends; the service keeps what it is sent meanwhile. */
  | (Moment & { readonly kind: "cut"; readonly client: number; readonly backInMs: number })
  /** It is sent elsewhere; what the old connection still has arrives much later. */
  | (Moment & {
      readonly kind: "move";
      readonly client: number;
      readonly region: number;
      readonly oldFramesInMs: number;
    })
  /** It begins anew from its saved positions. */
  | (Moment & { readonly kind: "reload"; readonly client: number })
  /** Its requests to app servers fail. */
  | (Spell & { readonly kind: "offline"; readonly client: number });

export const isAmong = (mask: number, index: number): boolean => (mask >> index) % 2 === 1;

/** When nothing of it is left. */
export function endOf(fault: Fault): number {
  switch (fault.kind) {
    case "cut":
      return fault.at + fault.backInMs;
    case "move":
      return fault.at + fault.oldFramesInMs;
    case "failover":
    case "eviction":
    case "reload":
      return fault.at;
    case "store":
      // What is sent at the end of such a time may arrive as much later.
      return fault.at + 2 * fault.forMs;
    default:
      return fault.at + fault.forMs;
  }
}

/** When nothing happens any more but what follows. */
export function quietFrom({ faults, servers, clients, sends }: Story): number {
  return Math.max(
    0,
    ...faults.map(endOf),
    ...servers.map(({ startsAt }) => startsAt),
    ...clients.map(({ startsAt, joinsInMs }) => startsAt + joinsInMs),
    ...sends.map(({ at }) => at),
  );
}
