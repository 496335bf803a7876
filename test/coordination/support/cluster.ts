import express from "express";
import {
  type CoordinationStore,
  type EndpointOptions,
  memoryStore,
  type PubSubEvents,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { fetchAnswer, type Negotiated } from "../../support/regions.ts";
import { serve } from "../../support/serve.ts";

export interface AppServer {
  readonly pubsub: ResilientPubSub;
  readonly url: string;
  /** What the coordination has told so far, a line each, such as `agreementChanged 2 westus (switched)`. */
  readonly log: string[];
  negotiate(query?: string): Promise<Negotiated>;
}

export interface Cluster {
  readonly store: CoordinationStore;
  readonly eastus: Emulator;
  readonly westus: Emulator;
  readonly servers: readonly AppServer[];
  /** Starts one more. */
  join(overrides?: Partial<ResilientPubSubOptions>): Promise<AppServer>;
}

const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** Looks often, so that a test need not wait. */
const quick = { pollIntervalInMs: 50, leaseInMs: 1000 };

/** App servers that agree over one store on one of two regions; all of it ends after the test. */
export async function startCluster(
  size: number,
  store: CoordinationStore = memoryStore(),
): Promise<Cluster> {
  const eastus = closeAfterTest(await startEmulator());
  const westus = closeAfterTest(await startEmulator());
  const endpoints: EndpointOptions[] = [
    { name: "eastus", role: "primary", connectionString: eastus.connectionString },
    { name: "westus", role: "secondary", connectionString: westus.connectionString },
  ];
  const servers: AppServer[] = [];

  async function join(overrides: Partial<ResilientPubSubOptions> = {}): Promise<AppServer> {
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints,
        topology: "client-client",
        coordination: { store, ...quick },
        negotiate: { allowAnonymous: true, authenticate: () => ({ roles }) },
        health: { schedule: "* * * * * *", timeoutInMs: 500, transitionIntervalInMs: 20 },
        ...overrides,
      }),
    );
    const { url } = closeAfterTest(await serve(express().use(pubsub)));
    const server = {
      pubsub,
      url,
      log: logCoordination(pubsub.events),
      negotiate: (query = "") => fetchAnswer(`${url}/negotiate${query}`),
    };
    servers.push(server);
    return server;
  }

  for (let count = 0; count < size; count += 1) await join();
  await Promise.all(servers.map(({ pubsub }) => pubsub.ready()));
  return { store, eastus, westus, servers, join };
}

const EVENTS: (keyof PubSubEvents)[] = [
  "agreementChanged",
  "coordinationLost",
  "coordinationRestored",
  "endpointsDiffer",
  "stragglersClosed",
  "stragglersFailed",
];

function logCoordination(events: ResilientPubSub["events"]): string[] {
  const log: string[] = [];
  for (const name of EVENTS) events.on(name, (event) => void log.push(lineOf(name, event)));
  return log;
}

function lineOf(name: string, event: object): string {
  const { epoch, active, endpoint, reason } = event as Record<string, string>;
  return [name, epoch, active ?? endpoint, reason && `(${reason})`].filter(Boolean).join(" ");
}
