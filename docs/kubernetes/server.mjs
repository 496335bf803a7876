// An app server for Kubernetes: probes at /status and /status/live, and an end that loses nothing.
import express from "express";
import { endpointsFromEnv, resilientPubSub } from "express-resilient-pubsub";

/** For so long requests may still come after SIGTERM, until every load balancer has heard of it. */
const leaveInMs = Number(process.env.LEAVE_IN_MS ?? 5000);

const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv(),
  negotiate: { allowAnonymous: true }, // give authenticate instead
});

const app = express();
app.use("/status", pubsub.statusHandler());
app.use(pubsub);
app.post("/notify", async (_req, res) => {
  res.json(await pubsub.broadcast({ text: "hi" }));
});

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on ${server.address().port}`);
});

process.once("SIGTERM", async () => {
  await new Promise((resolve) => setTimeout(resolve, leaveInMs));
  server.close();
  await pubsub.close({ drainInMs: 10_000 });
  server.closeAllConnections();
});
