import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
} from "express";
import { FanOutError, type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import type { Home } from "./app-servers.ts";
import { controlRoutes } from "./control-routes.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import { EventLog } from "./event-log.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import { HUB } from "./world.ts";

export interface AppServerOptions {
  readonly home: Home;
  /** All app servers of the demo, for the page. */
  readonly servers: readonly { readonly region: string; readonly url: string }[];
  readonly regions: readonly EmulatedRegion[];
  readonly addresses: OwnAddresses;
  readonly page: RequestHandler | undefined;
}

const LONGEST_TEXT = 500;

/** The app server of one region: the plugin, and a few routes that make it visible. */
export function createAppServer(options: AppServerOptions): {
  app: Express;
  pubsub: ResilientPubSub;
} {
  const { home, servers, regions, addresses, page } = options;
  const { region } = home;
  const log = new EventLog();

  const pubsub = resilientPubSub({
    hub: HUB,
    endpoints: home.endpoints,
    // It is a demo: anybody is who they say they are.
    negotiate: { authenticate: (req) => ({ userId: textOf(req.query.user) || "guest" }) },
    upstream: {
      handleConnect: ({ context }, response) => {
        log.add("clientConnect", { user: context.userId });
        response.success();
      },
      // The event comes from the clients of one endpoint; the broadcast goes to those of all.
      handleUserEvent: async ({ context, data }, response) => {
        try {
          const text = textOf((data as { text?: unknown } | null)?.text);
          await pubsub.broadcast({ kind: "chat", from: context.userId, text, server: region });
          response.success();
        } catch (error) {
          if (!(error instanceof FanOutError)) throw error;
          response.fail(500, error.message);
        }
      },
    },
  });
  log.follow(pubsub);

  const app = express();
  app.disable("x-powered-by");
  app.use(addresses.share);
  app.use(pubsub);

  app.get("/api/world", (_req, res) => {
    res.json({ home: region, servers, isEmulated: regions.length > 0 });
  });

  app.get("/api/status", (_req, res) => {
    res.set("Cache-Control", "no-store").json({
      region,
      now: Date.now(),
      endpoints: pubsub.endpoints.snapshot(),
      faults: Object.fromEntries(regions.map(({ name, fault }) => [name, fault])),
      events: log.recent(),
    });
  });

  app.post("/api/broadcast", addresses.refuseStrangers, express.json(), async (req, res) => {
    const text = textOf(req.body?.text) || `Hello from the app server in ${region}`;
    const report = await res.locals.pubsub
      .broadcast({ kind: "broadcast", from: `${region} app server`, text, server: region })
      .catch((error) => {
        if (error instanceof FanOutError) return error.report;
        throw error;
      });
    const failed = report.failed.map(({ endpoint, error }) => ({ endpoint, error: String(error) }));
    res.status(report.delivered.length > 0 ? 200 : 503).json({ ...report, failed });
  });

  if (regions.length > 0) {
    app.use("/api/control", controlRoutes(regions, addresses.refuseStrangers));
  }
  if (page) app.use(page);
  app.use(answerError);
  return { app, pubsub };
}

function textOf(value: Request["query"][string] | unknown): string {
  return typeof value === "string" ? value.trim().slice(0, LONGEST_TEXT) : "";
}

const answerError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const status = Number(error.status) || 500;
  if (status >= 500) console.error(error);
  res.status(status).json({ error: status >= 500 ? "The demo has a mistake." : error.message });
};
