import type { Request, RequestHandler, Response } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import { Grants } from "./grants/grants.ts";
import type { AppPlugins } from "./http/app-plugins.ts";
import { pathBelowMount } from "./http/mount-path.ts";
import { exactRoute, type RoutePath, reviewPath, upstreamRoute } from "./http/route-path.ts";
import { isRequestAt } from "./http/routing-rules.ts";
import type { Traffic } from "./lifecycle/traffic.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import { ReconnectSpread } from "./negotiate/reconnect-spread.ts";
import { reviewHandler } from "./negotiate/review-handler.ts";
import type { AnswerDeadlines } from "./upstream/answer-deadline.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/** As `ResilientPubSub` has it. Express hands on what it has made of Node's requests. */
type Middleware = (...given: Parameters<ResilientPubSub>) => void;

/** The middleware: which requests are a negotiate, a review or an event, and what all others are given. */
export function routes(
  context: PluginContext,
  appPlugins: AppPlugins,
  traffic: Traffic,
  answerDeadlines: AnswerDeadlines,
): Middleware {
  const { hub, upstream: upstreamOptions } = context.configuration;
  const ownRoutes = clientRoutes(context);
  const upstreamPath = upstreamRoute(upstreamOptions.path, hub);
  const upstream = upstreamHandler(context, answerDeadlines);

  return function resilientPubSub(request, response, next) {
    const [req, res] = [request as Request, response as Response];
    if (appPlugins.isReplaced(req)) {
      next();
      return;
    }
    const self = appPlugins.offer(req, res);
    const path = pathBelowMount(req);
    const asked = ownRoutes.find(
      (route) => route.methods.has(req.method) && isRequestAt(route.path, req, self, path),
    );
    if (asked) {
      if (traffic.admitNegotiate(req, res)) asked.answer(req, res, next);
    } else if (isRequestAt(upstreamPath, req, self, path)) {
      if (req.method !== "POST" || traffic.admitEvent(req, res)) upstream(req, res, next);
    } else {
      traffic.pass(req, res);
      next();
    }
  };
}

/** What clients ask for. */
interface ClientRoute {
  readonly methods: ReadonlySet<string>;
  readonly path: RoutePath;
  readonly answer: RequestHandler;
}

function clientRoutes(context: PluginContext): ClientRoute[] {
  const { path, reviewAfterInMs } = context.configuration.negotiate;
  const advisers = { grants: new Grants(context), spread: new ReconnectSpread(context) };
  const negotiate = {
    methods: NEGOTIATE_METHODS,
    path: exactRoute(path),
    answer: negotiateHandler(context, advisers),
  };
  if (reviewAfterInMs === false) return [negotiate];
  const review = {
    methods: REVIEW_METHODS,
    path: exactRoute(reviewPath(path)),
    answer: reviewHandler(context, advisers),
  };
  return [negotiate, review];
}

/** As to a route of Express, HEAD is GET without the body of the answer. */
const REVIEW_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const NEGOTIATE_METHODS: ReadonlySet<string> = new Set([...REVIEW_METHODS, "POST"]);
