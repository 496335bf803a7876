import type { Request, Response } from "express";
import type { ResilientPubSub } from "../contract/resilient-pubsub.ts";
import type { PubSubStatus, StatusHandlerOptions } from "../contract/status.ts";
import { mayKnow } from "../http/may-know.ts";
import { check, checkKnownOptions, checkOptionsObject } from "../kit/arguments.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import { ALIVE, type HealthReport, reportOf, summaryOf } from "./health-report.ts";

type Handler = (...given: Parameters<ResilientPubSub>) => void;

interface StatusContext {
  readonly status: () => PubSubStatus;
  readonly events: InternalEvents;
}

const LIVENESS = /\/live(z|ness)?\/?$/i;
const METHODS: readonly string[] = ["GET", "HEAD"];
const OPTIONS = ["full"] satisfies (keyof StatusHandlerOptions)[];

/**
 * Answers whether this server should be sent clients: 200, or 503; where the path ends in `/live`,
 * whether the process turns, which it does when it answers.
 *
 * @throws InvalidArgumentError
 */
export function statusHandler(context: StatusContext, options: StatusHandlerOptions): Handler {
  checkOptionsObject(options);
  checkKnownOptions(options, OPTIONS);
  const { full } = options;
  check(
    full === undefined || typeof full === "function",
    "full",
    full,
    "give a function (req) => boolean",
  );

  return function status(request, response, next) {
    const [req, res] = [request as Request, response as Response];
    if (!METHODS.includes(req.method)) {
      next();
    } else if (LIVENESS.test(req.baseUrl + req.path)) {
      send(res, ALIVE);
    } else if (full === undefined) {
      send(res, summaryOf(context.status()));
    } else {
      mayKnow(context.events, "statusHandler.full", full, req)
        .then((isTold) => send(res, (isTold ? reportOf : summaryOf)(context.status())))
        .catch(next);
    }
  };
}

function send(res: Response, report: HealthReport): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (res.headersSent) return;
  res.statusCode = report.status === "fail" ? 503 : 200;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Type", "application/health+json; charset=utf-8");
  res.end(JSON.stringify(report));
}
