import type { RequestHandler } from "express";

/**
 * The demo has no login, and listens on this machine only. This keeps the pages of other sites away
 * from one of its ports that run in a browser of this machine.
 */
export function refuseOtherSites(port: number): RequestHandler {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const origins = hosts.map((host) => `http://${host}`);
  return (req, res, next) => {
    const origin = req.get("origin");
    // A foreign Host is a foreign name that has been made to point at this machine.
    const isOwn = hosts.includes(req.get("host") ?? "") && (!origin || origins.includes(origin));
    if (isOwn) next();
    else res.status(403).json({ error: "Only the demo's own page may do this." });
  };
}

/** A form of another site cannot send this type without asking first. */
export const requireJson: RequestHandler = (req, res, next) => {
  if (req.method !== "POST" || req.is("application/json")) next();
  else res.status(415).json({ error: "Send JSON, and say so by Content-Type: application/json." });
};
