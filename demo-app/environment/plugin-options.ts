import {
  type CoordinationStore,
  type EndpointOptions,
  type HistoryStore,
  memoryHistory,
  memoryStore,
  type ResilientPubSubOptions,
} from "express-resilient-pubsub";
import { type Failback, TALK_GROUP, type Topology } from "../contract/live.ts";

export const HUB = "demo";

/** A region as its app server sees them: its own endpoint is the primary. */
export interface RegionEndpoints {
  readonly region: string;
  readonly endpoints: readonly EndpointOptions[];
}

/** What all app servers have in common. */
export interface Mode {
  readonly topology: Topology;
  readonly failback: Failback;
}

const NEVER_IN_MS = 2 ** 31 - 1;
export const CLOSED_PER_SECOND = 50;
// Short, so that nobody who watches falls asleep.
const HOLD_DOWN_IN_MS = 3000;
const POLL_INTERVAL_IN_MS = 500;
const LEASE_IN_MS = 3000;

/** Everything that the modes of the demo have to do with, and nothing else than the defaults. */
export class PluginOptions {
  // One for the whole demo: the numbers of agreements must grow, whoever comes and goes.
  readonly #store: CoordinationStore = memoryStore();
  // All app servers run in this process, so its memory can be where they share it.
  readonly #history: HistoryStore = memoryHistory();

  of({ endpoints }: RegionEndpoints, { topology, failback }: Mode): ResilientPubSubOptions {
    return {
      hub: HUB,
      endpoints: [...endpoints],
      // It is a demo: anybody is who they say they are.
      negotiate: {
        authenticate: ({ query }) => ({
          userId: textOf(query.user) || "guest",
          groups: [homeRegionGroup(textOf(query.home)), TALK_GROUP],
          roles: [`webpubsub.sendToGroup.${TALK_GROUP}`],
        }),
      },
      topology,
      history: { store: this.#history },
      ...(topology === "client-client"
        ? this.#agreement(failback)
        : clientServerFailback(failback)),
    };
  }

  #agreement(failback: Failback): Partial<ResilientPubSubOptions> {
    return {
      coordination: {
        store: this.#store,
        pollIntervalInMs: POLL_INTERVAL_IN_MS,
        leaseInMs: LEASE_IN_MS,
        failback: failback === "paced",
      },
      failback: { holdDownInMs: HOLD_DOWN_IN_MS },
    };
  }
}

/**
 * Natural is a call that never comes: clients that are away are known all the same, and can be called
 * when somebody switches to paced later.
 */
function clientServerFailback(failback: Failback): Partial<ResilientPubSubOptions> {
  const holdDownInMs = failback === "paced" ? HOLD_DOWN_IN_MS : NEVER_IN_MS;
  return { failback: { holdDownInMs, close: { connectionsPerSecond: CLOSED_PER_SECOND } } };
}

/** All clients whose home region this is, on whichever endpoint. */
export function homeRegionGroup(region: string): string {
  return `home.${region}`;
}

const maxTextLength = 500;

/** What strangers send is text, and not too long, or nothing. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim().slice(0, maxTextLength) : "";
}
