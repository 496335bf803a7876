import type { Express } from "express";
import type { UpstreamOptions } from "express-resilient-pubsub";
import { fetchAnswer, startRegions } from "../../support/regions.ts";
import { type EventRequest, eventRequest } from "../../support/upstream-request.ts";

export const PATH = "/api/webpubsub/hubs/chat/";

/** An app server whose handlers note what they were given. */
export async function setUp(upstream: UpstreamOptions = {}, prepare?: (app: Express) => void) {
  const calls: unknown[] = [];
  const errors: { handler: string; error: unknown }[] = [];
  const world = await startRegions({
    upstream: {
      handleUserEvent: (req, res) => {
        calls.push(req.data);
        res.success(`heard ${String(req.data)}`, "text");
      },
      ...upstream,
    },
    ...(prepare && { prepare }),
  });
  world.pubsub.events.on("handlerError", (event) => void errors.push(event));
  const post = (event: EventRequest = {}, from = world.eastus, path = PATH) =>
    fetchAnswer(world.url + path, eventRequest(from, event));
  return { ...world, calls, errors, post };
}
