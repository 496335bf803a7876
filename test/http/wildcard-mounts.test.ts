import express, { type Express } from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

const isExpress4 = "lazyrouter" in express.application;
const all = isExpress4 ? "*" : "/*splat";
const below = (path: string) => (isExpress4 ? `${path}/*` : `${path}/*splat`);

function mount(path: string, app: Express = express()): Promise<{ url: string }> {
  const connectionString = "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;";
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "east", role: "primary", connectionString }],
      negotiate: { allowAnonymous: true },
      upstream: { verifySignature: false },
      health: { schedule: false },
    }),
  );
  app.use(path, pubsub);
  return serve(app).then(closeAfterTest);
}

/** A negotiate is answered 503 here, since no endpoint is up; what is not ours is answered 404. */
it.each<[string, string, number]>([
  [all, "/negotiate", 503],
  [all, "/negotiate?user=ada", 503],
  [all, "/Negotiate/", 503],
  [all, "/neg%6ftiate", 404],
  [all, "//negotiate", 404],
  [all, "/other/negotiate", 404],
  [all, "/negotiate/other", 404],
  [all, "/a%2Fnegotiate", 404],
  [all, "/", 404],
  [below("/api"), "/api/negotiate", 503],
  [below("/api"), "/api/negotiate/", 503],
  [below("/api"), "/negotiate", 404],
  [below("/api"), "/api/a/negotiate", 404],
  [below("/api"), "/api/", 404],
  [below("/:tenant"), "/contoso/negotiate", 503],
])("a plugin that is mounted at %s answers %s with %i", async (path, target, status) => {
  const { url } = await mount(path);
  expect((await fetchAnswer(url + target)).status).toBe(status);
});

it("a plugin that is mounted at a wildcard takes events at its own path, and below", async () => {
  const { url } = await mount(all);
  for (const path of ["/api/webpubsub/hubs/chat/", "/api/webpubsub/hubs/chat/message"]) {
    const { status, body } = await fetchAnswer(url + path, { method: "POST" });
    expect({ status, code: body.code }).toEqual({ status: 400, code: "ERR_MISSING_HEADER" });
  }
});

it("a guard that is mounted before guards a plugin at a wildcard", async () => {
  const app = express().use("/negotiate", (_req, res) => void res.status(403).end());
  const { url } = await mount(all, app);
  for (const path of ["/negotiate", "/NEGOTIATE/", "/negotiate?a=1"]) {
    expect((await fetchAnswer(url + path)).status).toBe(403);
  }
});
