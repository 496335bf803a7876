import type { Request, RequestHandler, Response } from "express";
import type { NegotiateAnswer } from "../contract/negotiate-answer.ts";
import type { Identity } from "../contract/options.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import { issueToken } from "./client-token.ts";
import { identify } from "./identity.ts";
import { LoadLimit } from "./load-limit.ts";
import { firstThatGives, type SelectorParts } from "./select-endpoint.ts";

const RETRY_AFTER_IN_SECONDS = { least: 1, spread: 5 };

interface HandlerParts extends SelectorParts {
  readonly loadLimit: LoadLimit;
}

/** The negotiate route. */
export function negotiateHandler(selectorParts: SelectorParts): RequestHandler {
  const { configuration, events, random } = selectorParts;
  const perSecond = configuration.negotiate.maxPerSecond;
  const loadLimit = new LoadLimit({ perSecond, events, random });
  const parts: HandlerParts = { ...selectorParts, loadLimit };
  return function negotiate(req, res, next) {
    answerNegotiate(parts, req, res).catch(next);
  };
}

async function answerNegotiate(parts: HandlerParts, req: Request, res: Response): Promise<void> {
  const identity = await identifyOrExplain(parts, req);
  if ("code" in identity) {
    sendProblem(res, identity);
    return;
  }
  const answer = await placeClient(parts, req, identity);
  if ("code" in answer) {
    sendProblem(res, answer);
    return;
  }
  sendAnswer(res, answer);
}

/** Without the detours of `res.json`: an answer that nobody may store needs no entity tag. */
function sendAnswer(res: Response, answer: NegotiateAnswer): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (res.headersSent) return;
  const json = JSON.stringify(answer);
  res.statusCode = 200;
  res.setHeader("Cache-Control", "no-store");
  res.setHeader("Content-Type", "application/json; charset=utf-8");
  res.setHeader("Content-Length", Buffer.byteLength(json));
  res.end(json);
}

async function identifyOrExplain(
  { configuration, events }: SelectorParts,
  req: Request,
): Promise<Identity | Problem> {
  try {
    const identity = await identify(configuration.negotiate, req);
    return (
      identity ?? {
        status: 401,
        code: "ERR_UNAUTHENTICATED",
        detail: "The application does not let this caller connect.",
      }
    );
  } catch (error) {
    events.emit("handlerError", { handler: "negotiate.authenticate", error });
    return {
      status: 500,
      code: "ERR_AUTHENTICATE_FAILED",
      detail: "The application failed to tell who the caller is.",
    };
  }
}

/**
 * A client for whom its endpoint has no room is not sent to the next one: the herd would only sink
 * that as well.
 */
async function placeClient(
  parts: HandlerParts,
  req: Request,
  identity: Identity,
): Promise<NegotiateAnswer | Problem> {
  const avoided = new Set(reportedAsFailed(parts, req));
  const { tokenLifetimeInMinutes } = parts.configuration.negotiate;
  const options = { expirationTimeInMinutes: tokenLifetimeInMinutes };
  const answer = await firstThatGives(parts, req, avoided, async (chosen, epoch) => {
    const comeBackInSeconds = parts.loadLimit.admit(chosen);
    if (comeBackInSeconds !== undefined) return overloaded(comeBackInSeconds);
    const issued = await issueToken(parts, chosen, avoided, identity, options);
    if (issued === undefined) return undefined;
    const expiresAt = new Date(issued.expiresAt * 1000).toISOString();
    const { name, role } = chosen;
    return { url: issued.url, endpoint: name, role, expiresAt, ...(epoch && { epoch }) };
  });
  return answer ?? nowhereToGo(parts);
}

/**
 * A client may say which endpoints it has just failed on. That is a reason to look, not evidence:
 * anybody can write a query string.
 */
function reportedAsFailed({ registry, monitor }: SelectorParts, req: Request) {
  const { failed } = req.query;
  if (failed === undefined) return [];
  const claims = [failed].flat().filter((name) => typeof name === "string");
  const reported = registry.all().filter(({ name }) => claims.includes(name));
  for (const endpoint of reported) monitor.suspect(endpoint);
  return reported;
}

function nowhereToGo({ agreed, random }: SelectorParts): Problem {
  // Spread out, so that the clients of a whole region do not come back in the same second.
  const { least, spread } = RETRY_AFTER_IN_SECONDS;
  const headers = { "Retry-After": String(least + Math.floor(random() * spread)) };
  if (agreed && agreed.active === undefined) {
    const detail =
      "The servers have not agreed on an endpoint that this one knows; try again later.";
    return { status: 503, code: "ERR_NO_AGREEMENT", detail, headers };
  }
  const detail = "No endpoint is healthy; try again later.";
  return { status: 503, code: "ERR_NO_HEALTHY_ENDPOINT", detail, headers };
}

function overloaded(comeBackInSeconds: number): Problem {
  return {
    status: 503,
    code: "ERR_OVERLOADED",
    detail: "Too many clients connect at the moment; try again later.",
    headers: { "Retry-After": String(comeBackInSeconds) },
  };
}
