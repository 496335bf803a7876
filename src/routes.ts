import type { Request, RequestHandler, Response } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import type { Grants } from "./grants/grants.ts";
import { type CatchUpAdvisers, catchUpHandler } from "./history/catch-up-handler.ts";
import type { CatchUps } from "./history/catch-ups.ts";
import type { AppPlugins } from "./http/app-plugins.ts";
import { pathBelowMount } from "./http/mount-path.ts";
import {
  catchUpPath,
  exactRoute,
  type RoutePath,
  reviewPath,
  upstreamRoute,
} from "./http/route-path.ts";
import { isRequestAt } from "./http/routing-rules.ts";
import type { Traffic } from "./lifecycle/traffic.ts";
import type { Advisers } from "./negotiate/advice.ts";
import { callerOf } from "./negotiate/caller.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import { RateLimiter } from "./negotiate/rate-limiter.ts";
import { ReconnectSpread } from "./negotiate/reconnect-spread.ts";
import { reviewHandler } from "./negotiate/review-handler.ts";
import { review } from "./negotiate/reviewer.ts";
import type { AnswerDeadlines } from "./upstream/answer-deadline.ts";
import type { Publish } from "./upstream/publish-event.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/** As `ResilientPubSub` has it. Express hands on what it has made of Node's requests. */
type Middleware = (...given: Parameters<ResilientPubSub>) => void;

/** What is behind the routes. */
interface Parts {
  readonly context: PluginContext;
  readonly appPlugins: AppPlugins;
  readonly traffic: Traffic;
  readonly answerDeadlines: AnswerDeadlines;
  readonly grants: Grants;
  /** Undefined where nothing is kept, as is the next. */
  readonly catchUps: CatchUps | undefined;
  readonly publish: Publish | undefined;
}

/**
 * The middleware: which requests are a negotiate, a review, a catch-up or an event, and what all others
 * are given.
 */
export function routes(parts: Parts): Middleware {
  const { context, appPlugins, traffic } = parts;
  const { hub, upstream: upstreamOptions } = context.configuration;
  const ownRoutes = clientRoutes(parts);
  const upstreamPath = upstreamRoute(upstreamOptions.path, hub);
  const upstream = upstreamHandler(context, parts.answerDeadlines, parts.publish);

  return function resilientPubSub(request, response, next) {
    const [req, res] = [request as Request, response as Response];
    if (appPlugins.isReplaced(req)) {
      next();
      return;
    }
    const self = appPlugins.offer(req, res);
    const path = pathBelowMount(req);
    const asked = ownRoutes.find(
      (route) => isRequestAt(route.path, req, self, path) && route.methods.has(req.method),
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

function clientRoutes({ context, grants, catchUps }: Parts): ClientRoute[] {
  const { path, reviewAfterInMs } = context.configuration.negotiate;
  const advisers = { grants, spread: new ReconnectSpread(context) };
  const negotiate = {
    methods: NEGOTIATE_METHODS,
    path: exactRoute(path),
    answer: negotiateHandler(context, advisers),
  };
  const reviews = {
    methods: REVIEW_METHODS,
    path: exactRoute(reviewPath(path)),
    answer: reviewHandler(context, advisers),
  };
  const catchUp = catchUps && {
    methods: CATCH_UP_METHODS,
    path: exactRoute(catchUpPath(path)),
    answer: catchUpHandler(context, catchUps, catchUpAdvisers(context, advisers)),
  };
  return [
    negotiate,
    ...(reviewAfterInMs === false ? [] : [reviews]),
    ...(catchUp ? [catchUp] : []),
  ];
}

/** Catch-ups follow negotiates, so the same number of them is admitted in a second, apart from those. */
function catchUpAdvisers(context: PluginContext, { grants, spread }: Advisers): CatchUpAdvisers {
  const { configuration, events, random, registry } = context;
  const perSecond = configuration.negotiate.maxPerSecond;
  const spreadInMs = () => spread.inMs;
  const rateLimiter = new RateLimiter({ perSecond, events, spreadInMs, random });
  return {
    verify: (text) => grants.verify(text),
    review: (grant, at) => review(context, grant, at),
    spreadInMs,
    enter: (req, userId, at) => {
      const endpoint = (at && registry.find(at.endpoint)) ?? registry.all()[0];
      if (endpoint) return rateLimiter.enter(endpoint, () => callerOf(req, userId));
    },
  };
}

/** As to a route of Express, HEAD is GET without the body of the answer. */
const REVIEW_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const CATCH_UP_METHODS: ReadonlySet<string> = new Set(["POST"]);
const NEGOTIATE_METHODS: ReadonlySet<string> = new Set([...REVIEW_METHODS, "POST"]);
