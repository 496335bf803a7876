import type { Request, RequestHandler, Response } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import type { Grant } from "../grants/grant.ts";
import { bodyReader } from "../http/body.ts";
import { answerOrRefuse, RequestRefused } from "../http/problem.ts";
import { JsonParts, sendJsonParts } from "../http/send-json.ts";
import { tellSpread } from "../http/spread-header.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import {
  asHistoryRefusal,
  type CatchUpRequest,
  type ClientAddress,
  maxRequestInBytes,
  readCatchUp,
} from "./catch-up-request.ts";
import type { CatchUps, CatchUpTally } from "./catch-ups.ts";
import type { Reader } from "./readers.ts";
import { toldOf } from "./told-catch-up.ts";

const RETRY_AFTER_IN_SECONDS = { min: 1, spread: 2 };

/** What negotiate knows of a client that catches up. */
export interface CatchUpAdvisers {
  /** Undefined for what is no grant, or has expired. */
  verify(grant: string): Grant | undefined;
  /** What is to become of a connected client; undefined: it stays. */
  review(grant: Grant, at: ClientAddress): object | undefined;
  /** Returns when a client may have its messages. @throws RequestRefused for one that is to ask again later */
  enter(req: Request, userId: string, at: ClientAddress | undefined): void | Promise<void>;
  /** Over how many milliseconds clients spread their negotiates; undefined while nothing is known. */
  spreadInMs(): number | undefined;
}

/**
 * The catch-up route: what a client with a grant has missed. The application is not asked who it is.
 */
export function catchUpHandler(
  context: PluginContext,
  catchUps: CatchUps,
  advisers: CatchUpAdvisers,
): RequestHandler {
  const readBody = bodyReader(maxRequestInBytes);

  async function answer(req: Request, res: Response): Promise<CatchUpTally> {
    const request = await requestIn(req, res);
    const reader = readerOf(req, request);
    const { at } = request;
    tellSpread(res, advisers.spreadInMs());
    const review = at && advisers.review(reader.grant, at);
    const json = new JsonParts().add('{"streams":');
    const enter = () => advisers.enter(req, reader.claims.userId, at);
    const tally = await catchUps.read(json, reader, request, enter);
    // Something of the application's may have answered meanwhile, such as a timeout.
    if (res.headersSent) return tally;
    const reviewed = review ? `,"review":${JSON.stringify(review)}` : "";
    sendJsonParts(res, json.add(`${reviewed}}`));
    return tally;
  }

  async function requestIn(req: Request, res: Response): Promise<CatchUpRequest> {
    const body = await readBody(req, res).catch((error) => {
      throw asHistoryRefusal(error);
    });
    return readCatchUp(body);
  }

  function readerOf(req: Request, request: CatchUpRequest): Reader {
    const grant = advisers.verify(request.grant);
    if (grant?.claims) return { grant, claims: grant.claims, req };
    const detail = "The grant is not good for the history; negotiate again.";
    throw new RequestRefused({ status: 401, code: "ERR_HISTORY_GRANT", detail });
  }

  return function catchUp(req, res, next) {
    const answering = (): Promise<CatchUpTally> =>
      answer(req, res).catch((error) => {
        throw isAway(error) ? unavailable(context) : error;
      });
    answerOrRefuse(res, next, () => toldOf(context, answering));
  };
}

/** The session has told why; nothing but the store is called on the way. */
const isAway = (error: unknown): boolean => error instanceof ResilientPubSubError;

/** Spread out, so that the clients that were refused do not come back in the same second. */
function unavailable({ random }: PluginContext): RequestRefused {
  const { min, spread } = RETRY_AFTER_IN_SECONDS;
  const headers = { "Retry-After": String(min + Math.floor(random() * spread)) };
  const detail = "The store of the history is away; try again later.";
  return new RequestRefused({ status: 503, code: "ERR_HISTORY_UNAVAILABLE", detail, headers });
}
