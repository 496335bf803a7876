import express from "express";
import { FanOutError, resilientPubSub } from "express-resilient-pubsub";

/**
 * The app, with nothing started: its tests give it endpoints of their own.
 *
 * @param {import("express-resilient-pubsub").EndpointOptions[]} endpoints
 */
export function createApp(endpoints) {
  const pubsub = resilientPubSub({
    hub: "orders",
    endpoints,
    negotiate: {
      // REPLACE THIS: it believes any name. Return the user of your session or token, or null for 401.
      authenticate: ({ query }) => (query.user ? { userId: String(query.user) } : null),
    },
    upstream: {
      handleUserEvent: (req, res) => {
        if (req.context.eventName !== "order") return res.fail(400, "only orders are taken");
        const answer = { accepted: req.data, by: req.context.userId };
        res.success(JSON.stringify(answer), "json");
      },
    },
  });

  const app = express();
  app.use(pubsub);
  app.use(express.json());
  app.post("/orders/:user/shipped", async (req, res) => {
    const report = await res.locals.pubsub.sendToUser(req.params.user, { shipped: true });
    res.status(202).json(report);
  });
  app.use((error, _req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof FanOutError) return res.status(503).json({ error: "no region took it" });
    next(error);
  });
  return { app, pubsub };
}
