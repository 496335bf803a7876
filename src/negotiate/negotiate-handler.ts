import type { Request, RequestHandler, Response } from "express";
import type { AgreementId, PluginContext } from "../context/plugin-context.ts";
import type { NegotiateAnswer } from "../contract/negotiate-answer.ts";
import type { Identity } from "../contract/options.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { drawClient, type Grant } from "../grants/grant.ts";
import { answerOrRefuse, RequestRefused } from "../http/problem.ts";
import { sendJson } from "../http/send-json.ts";
import { type Awaitable, ifFailed, whenThere } from "../kit/awaitable.ts";
import { type Advisers, adviceFor } from "./advice.ts";
import { withUser } from "./anonymous-user.ts";
import { callerOf } from "./caller.ts";
import { type IssuedToken, issueToken, isTokenRefused, type TokenRequest } from "./client-token.ts";
import { type ExplainedNegotiation, explainedNegotiation } from "./explanation.ts";
import { identify } from "./identity.ts";
import { type Negotiation, toldOf } from "./negotiation.ts";
import { type Participant, participantOf } from "./participant.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { retryAfterWithoutEndpoint } from "./retry-slots.ts";
import { type Attempt, tryInTurn } from "./select-endpoint.ts";
import { isTokenTooLong } from "./token-length.ts";

type LimitedAdvisers = Advisers & { readonly rateLimiter: RateLimiter };

/** The negotiate route. */
export function negotiateHandler(context: PluginContext, advisers: Advisers): RequestHandler {
  const { configuration, events, random } = context;
  const perSecond = configuration.negotiate.maxPerSecond;
  const spreadInMs = () => advisers.spread.inMs;
  const rateLimiter = new RateLimiter({ perSecond, events, spreadInMs, random });
  const limitedAdvisers = { ...advisers, rateLimiter };
  return function negotiate(req, res, next) {
    const answerTo = (identity: Identity, negotiation?: Negotiation): Awaitable<NegotiateAnswer> =>
      whenThere(explainedNegotiation(context, req, negotiation), (explained) =>
        explained
          ? answerExplained(explained, limitedAdvisers, req, identity)
          : endpointFor(context, limitedAdvisers, req, identity, negotiation),
      );
    const answer = (negotiation?: Negotiation): Awaitable<void> =>
      whenThere(identityOf(context, req), (identity) =>
        whenThere(answerTo(identity, negotiation), (answered) => {
          sendAnswer(res, answered);
          advisers.spread.count();
        }),
      );
    answerOrRefuse(res, next, () => toldOf(context, answer));
  };
}

async function answerExplained(
  explained: ExplainedNegotiation,
  advisers: LimitedAdvisers,
  req: Request,
  identity: Identity,
): Promise<NegotiateAnswer> {
  const { context, negotiation } = explained;
  let answer: NegotiateAnswer | undefined;
  try {
    answer = await endpointFor(context, advisers, req, identity, negotiation);
  } finally {
    const explanation = explained.result();
    if (answer && explanation) answer = { ...answer, explanation };
  }
  return answer;
}

function sendAnswer(res: Response, answer: NegotiateAnswer): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (!res.headersSent) sendJson(res, answer);
}

/** @throws RequestRefused */
function identityOf({ configuration, events }: PluginContext, req: Request): Awaitable<Identity> {
  const identifying = ifFailed(
    () => identify(configuration.negotiate, req),
    (error) => {
      events.emit("handlerError", { handler: "negotiate.authenticate", error });
      throw new RequestRefused({
        status: 500,
        code: "ERR_AUTHENTICATE_FAILED",
        detail: "The application failed to tell who the caller is.",
      });
    },
  );
  return whenThere(identifying, (identity) => {
    if (identity) return identity;
    throw new RequestRefused({
      status: 401,
      code: "ERR_UNAUTHENTICATED",
      detail: "The application does not let this caller connect.",
    });
  });
}

/**
 * A client for whom its endpoint has no room is not sent to the next one: the herd would only sink
 * that as well.
 *
 * @throws RequestRefused
 */
function endpointFor(
  context: PluginContext,
  advisers: LimitedAdvisers,
  req: Request,
  identity: Identity,
  negotiation: Negotiation | undefined,
): Awaitable<NegotiateAnswer> {
  const claimedFailed = reportedAsFailed(context, req);
  if (negotiation) negotiation.claimedFailed = claimedFailed;
  const avoided = new Set(claimedFailed);
  const caller = () => callerOf(req, identity.userId);
  const { tokenLifetimeInMinutes } = context.configuration.negotiate;
  const options = { expirationTimeInMinutes: tokenLifetimeInMinutes };
  const participant = participantOf(context, advisers.grants, req, identity);
  const known = { client: drawClient(context.random), claims: participant?.claims };
  const request: TokenRequest = {
    identity: participant?.identity ?? withUser(context, identity),
    options,
    avoided,
    faults: [],
  };
  const attempt: Attempt<NegotiateAnswer> = (chosen, agreement) => {
    if (negotiation) negotiation.chosen = chosen;
    const answerWith = (issued: IssuedToken | undefined): NegotiateAnswer | undefined =>
      issued && answerOf(context, advisers, chosen, agreement, issued, known);
    const issue = () => issueToken(context, chosen, request);
    const entering = advisers.rateLimiter.enter(chosen, caller);
    // Before it is held, so that those who come meanwhile find its place taken.
    context.census?.expect(chosen, known.client);
    return whenThere(entering, () =>
      participant
        ? answerParticipant(participant, issue, answerWith)
        : whenThere(issue(), answerWith),
    );
  };
  const answering = ifFailed(
    () => tryInTurn(context, req, avoided, attempt),
    (error) => {
      throw isTokenTooLong(error) ? tokenTooLong(context, error) : error;
    },
  );
  return whenThere(answering, (answer) => answer ?? refuse(context, advisers, request));
}

/** @throws RequestRefused for a client that no endpoint has given a token */
async function refuse(
  context: PluginContext,
  { spread }: Advisers,
  { faults }: TokenRequest,
): Promise<never> {
  throw (await isTokenRefused(context, faults))
    ? tokenRefused()
    : noEndpoint(context, spread.whileNobodyServesInMs);
}

/** Whatever is sent once there is a token, the client is to get: it is told first where streams end. */
async function answerParticipant(
  participant: Participant,
  issue: () => Awaitable<IssuedToken | undefined>,
  answerWith: (issued: IssuedToken | undefined) => NegotiateAnswer | undefined,
): Promise<NegotiateAnswer | undefined> {
  const history = await participant.advice();
  const answer = answerWith(await issue());
  return answer && { ...answer, history };
}

function answerOf(
  context: PluginContext,
  advisers: Advisers,
  { name, role }: RegisteredEndpoint,
  agreement: AgreementId | undefined,
  issued: IssuedToken,
  known: Omit<Grant, "expiresAt">,
): NegotiateAnswer {
  const { grant, reviewAfterInMs, reconnect } = adviceFor(context, advisers, {
    ...known,
    expiresAt: issued.expiresAt,
  });
  // One literal: copying members from one object to another takes longer than all else here.
  return {
    url: issued.url,
    endpoint: name,
    role,
    expiresAt: new Date(issued.expiresAt * 1000).toISOString(),
    epoch: agreement?.epoch,
    incarnation: agreement?.incarnation,
    reviewAfterInMs,
    grant,
    reconnect,
  };
}

/** It is this client's alone, so whoever sees it must not take it for an outage. */
function tokenRefused(): RequestRefused {
  const detail = "The service gives no token to this client, although it does to others.";
  return new RequestRefused({ status: 502, code: "ERR_TOKEN_REFUSED", detail });
}

/** It is the application that has given the client more than it can carry. */
function tokenTooLong({ events }: PluginContext, error: unknown): RequestRefused {
  events.emit("handlerError", { handler: "negotiate.authenticate", error });
  const detail =
    "The client's token would be too long to connect with: it has too many groups or roles.";
  return new RequestRefused({ status: 500, code: "ERR_TOKEN_TOO_LONG", detail });
}

/**
 * A client may say which endpoints it has just failed on. That is a reason to look, not evidence:
 * anybody can write a query string.
 */
function reportedAsFailed({ registry, monitor }: PluginContext, req: Request) {
  // Nearly all have none, and Express parses it anew for each who asks.
  if (!req.url.includes("?")) return [];
  const { failed } = req.query;
  if (failed === undefined) return [];
  const claims = [failed].flat().filter((name) => typeof name === "string");
  const reported = registry.all().filter(({ name }) => claims.includes(name));
  for (const endpoint of reported) monitor.suspect(endpoint);
  return reported;
}

function noEndpoint(
  { agreed, random }: PluginContext,
  spreadInMs: number | undefined,
): RequestRefused {
  const headers = { "Retry-After": String(retryAfterWithoutEndpoint(spreadInMs, random())) };
  if (agreed && agreed.active === undefined) {
    const detail =
      "The servers have not agreed on an endpoint that this one knows; try again later.";
    return new RequestRefused({ status: 503, code: "ERR_NO_AGREEMENT", detail, headers });
  }
  const detail = "No endpoint is healthy; try again later.";
  return new RequestRefused({ status: 503, code: "ERR_NO_HEALTHY_ENDPOINT", detail, headers });
}
