import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import type { EmulatorOptions } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { endpointsAt } from "../../support/endpoints-at.ts";
import { serve } from "../../support/serve.ts";

/** A running app with two regions, the first of which can be broken by its admin route. */
export async function startApp({ admin = { port: 0 } as EmulatorOptions["admin"] } = {}) {
  const eastus = closeAfterTest(await startEmulator({ admin }));
  const westus = closeAfterTest(await startEmulator());
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: endpointsAt({ eastus, westus }),
      negotiate: {
        authenticate: (req) => (req.get("x-user") === "ada" ? { userId: "ada" } : null),
      },
    }),
  );
  await pubsub.ready();
  const app = express().use(pubsub, express.json());
  app.post("/say", async (req, res) => void res.json(await pubsub.broadcast(req.body)));
  const { url } = closeAfterTest(await serve(app));
  return { eastus, westus, url };
}
