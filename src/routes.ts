import type { Request, Response } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import type { AppPlugins } from "./http/app-plugins.ts";
import { pathBelowMount } from "./http/mount-path.ts";
import { exactRoute, upstreamRoute } from "./http/route-path.ts";
import { isRequestAt } from "./http/routing-rules.ts";
import type { Traffic } from "./lifecycle/traffic.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import type { AnswerDeadlines } from "./upstream/answer-deadline.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/** As `ResilientPubSub` has it. Express hands on what it has made of Node's requests. */
type Middleware = (...given: Parameters<ResilientPubSub>) => void;

/** The middleware: which requests are a negotiate or an event, and what all others are given. */
export function routes(
  context: PluginContext,
  appPlugins: AppPlugins,
  traffic: Traffic,
  answerDeadlines: AnswerDeadlines,
): Middleware {
  const { hub, negotiate: negotiateOptions, upstream: upstreamOptions } = context.configuration;
  const negotiatePath = exactRoute(negotiateOptions.path);
  const upstreamPath = upstreamRoute(upstreamOptions.path, hub);
  const negotiate = negotiateHandler(context);
  const upstream = upstreamHandler(context, answerDeadlines);

  return function resilientPubSub(request, response, next) {
    const [req, res] = [request as Request, response as Response];
    if (appPlugins.isReplaced(req)) {
      next();
      return;
    }
    const self = appPlugins.offer(req, res);
    const path = pathBelowMount(req);
    if (NEGOTIATE_METHODS.has(req.method) && isRequestAt(negotiatePath, req, self, path)) {
      if (traffic.admitNegotiate(req, res)) negotiate(req, res, next);
    } else if (isRequestAt(upstreamPath, req, self, path)) {
      if (req.method !== "POST" || traffic.admitEvent(req, res)) upstream(req, res, next);
    } else {
      traffic.pass(req, res);
      next();
    }
  };
}

/** As to a route of Express, HEAD is GET without the body of the answer. */
const NEGOTIATE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);
