// What docs/azure.md deploys to each region: an app server that calls all instances by its managed identity.
import { ManagedIdentityCredential } from "@azure/identity";
import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";

const { env } = process;
const credential = new ManagedIdentityCredential();
const listed = (text) => text.split(",");

const pubsub = resilientPubSub({
  hub: env.WPS_HUB,
  endpoints: JSON.parse(env.WPS_ENDPOINTS).map(({ name, endpoint, clientEndpoint }) => ({
    name,
    role: name === env.WPS_REGION ? "primary" : "secondary",
    endpoint,
    credential,
    clientEndpoint: clientEndpoint ?? undefined,
    accessKeys: listed(env[`WPS_KEYS_${name.toUpperCase()}`]), // both, to verify events with
  })),
  negotiate: {
    allowAnonymous: true, // in place of it: authenticate: (req) => ({ userId: ... })
    secret: listed(env.NEGOTIATE_SECRET),
  },
  upstream: {
    handleUserEvent: async (req, res) => {
      await pubsub.broadcast({ said: req.data });
      res.success();
    },
  },
});

const app = express();
app.set("trust proxy", 2); // Front Door, and the front end of App Service
app.use("/status", pubsub.statusHandler()); // readiness
app.use(pubsub);

const server = app.listen(env.PORT);
process.once("SIGTERM", () => {
  server.close();
  void pubsub.close({ drainInMs: 10_000 });
});
