import type { RequestHandler } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import { isAt, isUnder, requestPath, toRoutePath } from "./http/route-path.ts";
import type { Traffic } from "./lifecycle/traffic.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/** The middleware: which requests are a negotiate or an event, and what all others are given. */
export function routes(
  context: PluginContext,
  plugin: () => ResilientPubSub,
  traffic: Traffic,
): RequestHandler {
  const negotiatePath = toRoutePath(context.configuration.negotiate.path);
  const upstreamPath = toRoutePath(context.configuration.upstream.path);
  const negotiate = negotiateHandler(context);
  const upstream = upstreamHandler(context);

  return function resilientPubSub(req, res, next) {
    res.locals.pubsub = plugin();
    const path = requestPath(req);
    if (isAt(negotiatePath, path) && isGetOrPost(req.method)) {
      if (traffic.admitNegotiate(req, res)) negotiate(req, res, next);
    } else if (isUnder(upstreamPath, path)) {
      if (req.method !== "POST" || traffic.admitEvent(req, res)) upstream(req, res, next);
    } else {
      traffic.pass(req, res);
      next();
    }
  };
}

function isGetOrPost(method: string): boolean {
  return method === "GET" || method === "POST";
}
