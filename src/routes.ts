import type { RequestHandler } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import { sendProblem } from "./http/problem.ts";
import { isAt, isUnder, requestPath, toRoutePath } from "./http/route-path.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/** The middleware: which requests are a negotiate or an event, and what all others are given. */
export function routes(
  context: PluginContext,
  plugin: () => ResilientPubSub,
  isClosed: () => boolean,
): RequestHandler {
  const negotiatePath = toRoutePath(context.configuration.negotiate.path);
  const upstreamPath = toRoutePath(context.configuration.upstream.path);
  const negotiate = negotiateHandler(context);
  const upstream = upstreamHandler(context);

  return function resilientPubSub(req, res, next) {
    res.locals.pubsub = plugin();
    const path = requestPath(req);
    const isNegotiate = isAt(negotiatePath, path) && isGetOrPost(req.method);
    if (isNegotiate && isClosed()) sendProblem(res, CLOSED);
    else if (isNegotiate) negotiate(req, res, next);
    else if (isUnder(upstreamPath, path)) upstream(req, res, next);
    else next();
  };
}

function isGetOrPost(method: string): boolean {
  return method === "GET" || method === "POST";
}

const CLOSED = {
  status: 503,
  code: "ERR_CLOSED",
  detail: "This server is shutting down; try again.",
  headers: { "Retry-After": "1" },
} as const;
