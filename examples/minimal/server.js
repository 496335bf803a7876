import { fileURLToPath } from "node:url";
import express from "express";
import { endpointsFromEnv, FanOutError, resilientPubSub } from "express-resilient-pubsub";

const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv(), // WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY, ...__WESTUS__SECONDARY
  negotiate: {
    // REPLACE THIS: it believes any name. Return the user of your session or token, or null for 401.
    authenticate: ({ query }) => (query.user ? { userId: String(query.user) } : null),
  },
});

const app = express();
app.use(pubsub); // GET /negotiate, and res.locals.pubsub for the routes below
app.use(express.json());

app.post("/messages", async (req, res) => {
  const { text } = req.body ?? {};
  if (typeof text !== "string") return res.status(400).json({ error: "text is missing" });
  res.status(202).json(await res.locals.pubsub.broadcast({ text }));
});

// The page and the client that it imports; with a bundler you need only the page.
const client = new URL("./", import.meta.resolve("express-resilient-pubsub/client"));
app.get("/client.js", (_req, res) => {
  res.sendFile("client.browser.js", { root: fileURLToPath(client) });
});
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));

app.use((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  console.error(error);
  if (error instanceof FanOutError) return res.status(503).json({ error: "no region took it" });
  res.status(error.status ?? 500).json({ error: "it failed" });
});

const port = process.env.PORT ?? 3000;
const server = app.listen(port, (error) => {
  if (error) throw error; // the port is taken
  console.log(`Open http://localhost:${port}`);
});

function stop() {
  server.close();
  void pubsub.close({ drainInMs: 10_000 }); // new negotiates get 503, what is under way is finished
}
process.once("SIGTERM", stop).once("SIGINT", stop);
