import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

it("a request that is not ours has its path looked at once", async () => {
  const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=k";
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "east", role: "primary", connectionString }],
      negotiate: { allowAnonymous: true },
      health: { schedule: false },
    }),
  );
  let looks = 0;
  const app = express().use((req, res, next) => {
    const { path } = req;
    Object.defineProperty(req, "path", {
      get: () => {
        looks += 1;
        return path;
      },
    });
    pubsub(req, res, next);
  });
  app.use((_req, res) => void res.end("{}"));
  const { url } = closeAfterTest(await serve(app));
  await fetchAnswer(`${url}/anything`);
  expect(looks).toBe(1);
});
