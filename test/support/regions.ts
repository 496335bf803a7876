import express, { type Express, type Request } from "express";
import {
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "./clean-up.ts";
import { startEmulator } from "./emulator.ts";
import { logEvents } from "./event-log.ts";
import { serve } from "./serve.ts";

export interface Negotiated {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

export interface RunningRegions {
  readonly eastus: Emulator;
  readonly westus: Emulator;
  readonly pubsub: ResilientPubSub;
  readonly app: Express;
  readonly url: string;
  /** Names of the events so far, with the endpoint that each is about. */
  readonly log: string[];
  negotiate(query?: string, init?: RequestInit): Promise<Negotiated>;
}

type Overrides = Partial<Omit<ResilientPubSubOptions, "endpoints">> & {
  /** Runs before the plugin is mounted. */
  prepare?: (app: Express) => void;
  /** Of the primary. Default: no limit. */
  maxClients?: number;
};

/** Two emulated regions and an app server whose primary is eastus; all of it ends after the test. */
export async function startRegions({
  prepare,
  maxClients,
  ...overrides
}: Overrides = {}): Promise<RunningRegions> {
  const eastus = closeAfterTest(await startEmulator());
  const westus = closeAfterTest(await startEmulator());
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [
        { name: "eastus", role: "primary", maxClients, connectionString: eastus.connectionString },
        { name: "westus", role: "secondary", connectionString: westus.connectionString },
      ],
      negotiate: { authenticate: userOfQuery },
      ...overrides,
    }),
  );
  const log = logEvents(pubsub.events);
  const app = express();
  prepare?.(app);
  app.use(pubsub);
  const { url } = closeAfterTest(await serve(app));
  return {
    eastus,
    westus,
    pubsub,
    app,
    url,
    log,
    negotiate: (query = "?user=ada", init) => fetchAnswer(`${url}/negotiate${query}`, init),
  };
}

export async function fetchAnswer(url: string, init?: RequestInit): Promise<Negotiated> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

function userOfQuery(req: Request) {
  const { user } = req.query;
  return typeof user === "string" ? { userId: user } : null;
}
