import { createServer } from "node:http";
import express from "express";
import { endpointsFromEnv, FanOutError, resilientPubSub } from "express-resilient-pubsub";
import next from "next";

const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv(), // WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY, ...__WESTUS__SECONDARY
  negotiate: {
    path: "/api/negotiate",
    // REPLACE THIS: it believes any name. Return the user of your session or token, or null for 401.
    authenticate: ({ query }) => (query.user ? { userId: String(query.user) } : null),
  },
});

const app = express();
const server = createServer(app);
const pages = next({ dev: process.argv.includes("--dev"), httpServer: server });
await pages.prepare();
const handlePage = pages.getRequestHandler();

app.use(pubsub);
app.post("/api/messages", express.json(), async (req, res) => {
  const { text } = req.body ?? {};
  if (typeof text !== "string") return res.status(400).json({ error: "text is missing" });
  res.status(202).json(await res.locals.pubsub.broadcast({ text }));
});
app.use((req, res) => handlePage(req, res)); // all else is Next's

app.use((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  console.error(error);
  if (error instanceof FanOutError) return res.status(503).json({ error: "no region took it" });
  res.status(error.status ?? 500).json({ error: "it failed" });
});

const port = process.env.PORT ?? 3000;
server.listen(port, () => {
  console.log(`Open http://localhost:${port}`);
});

async function stop() {
  server.close();
  await pubsub.close({ drainInMs: 10_000 }); // new negotiates get 503, what is under way is finished
  await pages.close();
  process.exit();
}
process.once("SIGTERM", stop).once("SIGINT", stop);
