import type { RequestHandler, Response } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { exposeToOrigins } from "../http/expose-header.ts";
import { sendJson } from "../http/send-json.ts";
import type { Advisers } from "./advice.ts";
import {
  type ClientLocation,
  type EndpointSituation,
  type MoveReason,
  reasonToFollow,
  reasonToLeave,
} from "./review.ts";
import { readReview } from "./review-request.ts";

const SPREAD_HEADER = "Reconnect-Spread-In-Ms";

/**
 * The review route: whether a connected client is to stay. It is asked all the time, so it answers
 * from memory: who has a grant is not asked who it is, and nothing is looked at for it.
 *
 * @param reviewAfterInMs `negotiate.reviewAfterInMs`
 */
export function reviewHandler(
  context: PluginContext,
  reviewAfterInMs: number,
  { grants, spread }: Advisers,
): RequestHandler {
  return function review(req, res) {
    // Something of the application's may have answered already, such as a timeout.
    if (res.headersSent) return;
    const { grant: text, location } = readReview(req.url);
    const grant = text === undefined ? undefined : grants.verify(text);
    if (grant === undefined) {
      sendJson(res, { move: false, renew: true });
      return;
    }
    tellSpread(res, spread.inMs);
    const endpoint = location && endpointOf(context, location);
    if (endpoint) context.census?.count(endpoint, grant.client);
    const reason = location && reasonToMove(context, location, endpoint);
    const endsBeforeNext = grant.expiresAt * 1000 - Date.now() <= reviewAfterInMs;
    if (reason) sendJson(res, { move: true, reason });
    else if (endsBeforeNext) sendJson(res, { move: false, renew: true });
    else answerToStay(res);
  };
}

function answerToStay(res: Response): void {
  res.statusCode = 204;
  res.setHeader("Cache-Control", "no-store");
  res.end();
}

function tellSpread(res: Response, spreadInMs: number | undefined): void {
  if (spreadInMs === undefined) return;
  res.setHeader(SPREAD_HEADER, String(spreadInMs));
  exposeToOrigins(res, SPREAD_HEADER);
}

function endpointOf(
  { registry }: PluginContext,
  { endpoint: name }: ClientLocation,
): RegisteredEndpoint | undefined {
  return registry.all().find((endpoint) => endpoint.name === name);
}

function reasonToMove(
  context: PluginContext,
  location: ClientLocation,
  endpoint: RegisteredEndpoint | undefined,
): MoveReason | undefined {
  const { agreed } = context;
  if (agreed) {
    const { epoch, incarnation } = agreed.agreement ?? {};
    const { isStoreLost } = agreed;
    const active = agreed.active?.name;
    return reasonToFollow(location, { active, epoch, incarnation, isStoreLost });
  }
  const reason = reasonToLeave(situationOf(context, location, endpoint));
  // Those who are closed and those who ask leave at one pace.
  const pace = reason === "evacuated" ? endpoint?.evacuation : undefined;
  return pace === undefined || pace.admit() ? reason : undefined;
}

function situationOf(
  { registry }: PluginContext,
  location: ClientLocation,
  endpoint: RegisteredEndpoint | undefined,
): EndpointSituation | undefined {
  const isRemoved = registry.hasRemoved(location.endpoint);
  if (endpoint === undefined && !isRemoved) return undefined;
  return {
    state: endpoint?.state ?? "unknown",
    isEvacuated: isRemoved || endpoint?.evacuation !== undefined,
    isOtherUsable: registry.all().some((other) => other !== endpoint && other.isUsable),
  };
}
