const { randomBytes } = require("node:crypto");
const path = require("node:path");
const cors = require("cors");
const express = require("express");
const { endpointsFromEnv, FanOutError, resilientPubSub } = require("express-resilient-pubsub");
const session = require("express-session");
const { default: helmet } = require("helmet");

// Without a secret of your own, sessions end with this process, and no other server knows them.
const {
  PAGE_ORIGIN,
  PORT = "3000",
  SESSION_SECRET = randomBytes(32).toString("hex"),
} = process.env;
const isProduction = process.env.NODE_ENV === "production";

const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv(),
  negotiate: {
    authenticate: ({ session: { user } }) => (user ? { userId: user } : null), // null: 401
    maxPerSecond: 200,
  },
});

const app = express();
app.set("trust proxy", 1); // the number of proxies in front
const connectSrc = ["'self'", ...pubsub.endpoints.clientOrigins()]; // all regions, or the failover ends here
app.use(helmet({ contentSecurityPolicy: { directives: { connectSrc } } }));
// Only for a page of another origin, and only for negotiate and what is below it.
if (PAGE_ORIGIN) app.use("/negotiate", cors({ origin: PAGE_ORIGIN, credentials: true }));
app.use("/status", pubsub.statusHandler()); // for a readiness probe
app.use(
  session({
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: "lax", secure: isProduction },
  }),
);
app.use(pubsub); // behind the session, which authenticate reads, and before the body parser
app.use(express.json());

app.post("/login", (req, res, next) => {
  const { user } = req.body;
  if (typeof user !== "string" || user === "") return res.status(400).json({ error: "who?" });
  // REPLACE THIS: it lets everybody in, as anybody. Look at a password, or ask your identity provider.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = user;
    res.sendStatus(204);
  });
});

app.post("/messages", (req, res, next) => {
  const { session, body } = req;
  if (!session.user) return res.status(401).json({ error: "log in first" });
  if (typeof body.text !== "string") return res.status(400).json({ error: "text is missing" });
  res.locals.pubsub
    .broadcast({ from: session.user, text: body.text })
    .then((report) => res.status(202).json(report))
    .catch(next); // Express 4 does not catch what async handlers throw
});

// The page and the client that it imports; with a bundler you need only the page.
const root = path.dirname(require.resolve("express-resilient-pubsub/client"));
app.get("/client.js", (_req, res) => res.sendFile("client.browser.js", { root }));
app.use(express.static(path.join(__dirname, "public")));

app.use((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  console.error(error);
  if (error instanceof FanOutError) return res.status(503).json({ error: "no region took it" });
  res.status(error.status ?? 500).json({ error: "it failed" });
});

const server = app.listen(PORT, () => {
  console.log(`Open http://localhost:${PORT}`);
});

function stop() {
  server.close();
  void pubsub.close({ drainInMs: 10_000 }); // new negotiates get 503, what is under way is finished
}
process.once("SIGTERM", stop).once("SIGINT", stop);
