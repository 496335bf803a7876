import type { RequestHandler } from "express";

export interface OwnAddresses {
  /** Lets the pages of all app servers of the demo read the answers of each. */
  readonly share: RequestHandler;
  /** Refuses requests that another site's page has sent from this machine's browser. */
  readonly refuseStrangers: RequestHandler;
}

/** The demo's app servers have no login; these two keep the pages of other sites away from them. */
export function ownAddresses(ports: readonly number[]): OwnAddresses {
  const hosts = ports.flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`]);
  const origins = hosts.map((host) => `http://${host}`);

  return {
    share: (req, res, next) => {
      const origin = req.get("origin");
      res.vary("Origin");
      if (!origin || !origins.includes(origin)) return next();
      res.set("Access-Control-Allow-Origin", origin);
      res.set("Access-Control-Expose-Headers", "Retry-After");
      // Other OPTIONS requests are the service's, which asks whether it may send events.
      const isPreflight = req.method === "OPTIONS" && req.get("access-control-request-method");
      if (!isPreflight) return next();
      res.set("Access-Control-Allow-Headers", "Content-Type").status(204).end();
    },

    refuseStrangers: (req, res, next) => {
      const origin = req.get("origin");
      // A foreign Host is a foreign name that has been made to point at this machine.
      const isOwn = hosts.includes(req.get("host") ?? "") && (!origin || origins.includes(origin));
      if (!isOwn) res.status(403).json({ error: "Only the demo's own page may do this." });
      // A form of another site cannot send this type without asking first.
      else if (!req.is("application/json")) res.status(415).json({ error: "Send JSON." });
      else next();
    },
  };
}
