import type { RequestHandler, Response } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import { sendJson } from "../http/send-json.ts";
import { tellSpread } from "../http/spread-header.ts";
import type { Advisers } from "./advice.ts";
import { readReview } from "./review-request.ts";
import { RENEW, review } from "./reviewer.ts";

/**
 * The review route: whether a connected client is to stay. Who has a grant is not asked who it is, and
 * nothing is looked at for it.
 */
export function reviewHandler(
  context: PluginContext,
  { grants, spread }: Advisers,
): RequestHandler {
  return function answerReview(req, res) {
    // Something of the application's may have answered already, such as a timeout.
    if (res.headersSent) return;
    const { grant: text, location } = readReview(req.url);
    const grant = text === undefined ? undefined : grants.verify(text);
    if (grant === undefined) {
      sendJson(res, RENEW);
      return;
    }
    tellSpread(res, spread.inMs);
    const outcome = review(context, grant, location);
    if (outcome) sendJson(res, outcome);
    else answerToStay(res);
  };
}

function answerToStay(res: Response): void {
  res.statusCode = 204;
  res.setHeader("Cache-Control", "no-store");
  res.end();
}
