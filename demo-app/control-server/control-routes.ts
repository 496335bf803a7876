import express, { type Request, Router } from "express";
import type { MonitoredEnvironment } from "../contract/environment.ts";
import { FAULT_NAMES } from "../contract/live.ts";
import { oneOf, wholeNumber } from "./order-values.ts";

export interface Drill {
  start(): void;
  stop(): Promise<void>;
}

type Order = (parameter: string, body: unknown) => void | Promise<void>;

/** The orders that `contract/live.ts` lists, given to the environment. */
export function controlRoutes(environment: MonitoredEnvironment, drill: Drill): Router {
  const orders: Readonly<Record<string, Order>> = {
    "/endpoints/:name/fault": (name, body) =>
      environment.setFault(name, oneOf(body, "fault", [...FAULT_NAMES, null])),
    "/endpoints/:name/operator": (name, body) =>
      environment.operate(
        name,
        oneOf(body, "order", ["drain", "undrain", "evacuate", "force", "unforce"]),
      ),
    "/servers/:name": (name, body) =>
      oneOf(body, "order", ["stop", "start"]) === "stop"
        ? environment.stopServer(name)
        : environment.startServer(name),
    "/topology": (_, body) =>
      environment.setTopology(oneOf(body, "topology", ["client-server", "client-client"])),
    "/failback": (_, body) =>
      environment.setFailback(oneOf(body, "failback", ["natural", "paced"])),
    "/crowd": (_, body) =>
      environment.clients.resize(wholeNumber(body, "size", isSize, "1 to 500")),
    "/broadcasts": (_, body) => {
      const range = "0 for never, or 100 to 60000";
      environment.setBroadcasts(wholeNumber(body, "everyInMs", isInterval, range));
    },
    "/comparison": (_, body) =>
      environment.compare(oneOf(body, "order", ["start", "stop"]) === "start"),
    "/drill": (_, body) =>
      oneOf(body, "order", ["start", "stop"]) === "start" ? drill.start() : drill.stop(),
  };

  const router = Router();
  router.use(express.json({ limit: "1kb" }));
  for (const [path, order] of Object.entries(orders)) {
    router.post(path, async (req: Request<{ name?: string }>, res) => {
      await order(req.params.name ?? "", req.body);
      res.status(204).end();
    });
  }
  return router;
}

function isSize(size: number): boolean {
  return size >= 1 && size <= 500;
}

function isInterval(everyInMs: number): boolean {
  return everyInMs === 0 || (everyInMs >= 100 && everyInMs <= 60_000);
}
