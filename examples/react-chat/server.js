import { fileURLToPath } from "node:url";
import express from "express";
import { endpointsFromEnv, resilientPubSub, roles } from "express-resilient-pubsub";
import helmet from "helmet";

const ROOM = "lobby";

const pubsub = resilientPubSub({
  hub: "chat",
  endpoints: endpointsFromEnv(), // WEB_PUBSUB_CONNECTION_STRING__EASTUS__PRIMARY, ...__WESTUS__SECONDARY
  negotiate: {
    // REPLACE THIS: it believes any name. Return the user of your session or token, or null for 401.
    authenticate: ({ query }) => {
      if (!query.user) return null;
      return {
        userId: String(query.user),
        roles: [roles.joinLeaveGroup(ROOM), roles.sendToGroup(ROOM)],
      };
    },
  },
  history: true, // in this process; as soon as there is a second server: { store: redisHistory({ url }) }
});

const app = express();
const connectSrc = ["'self'", ...pubsub.endpoints.clientOrigins()]; // all regions, or the failover ends here
app.use(helmet({ contentSecurityPolicy: { directives: { connectSrc } } }));
app.use(pubsub); // negotiate, the history, and what clients publish
app.use(express.static(fileURLToPath(new URL("dist", import.meta.url))));

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
