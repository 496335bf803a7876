import type { Request, RequestHandler, Response } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import type { UpstreamOptions } from "../contract/upstream-options.ts";
import type { ConnectionLocations } from "../endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { answerOrRefuse, type Problem, RequestRefused } from "../http/problem.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import { bodyReader, isJson } from "./body.ts";
import { dispatch, type UpstreamAnswer } from "./dispatch.ts";
import { admittedOrigins, originsOf, sendersOf } from "./origin.ts";
import { isSignedBy } from "./signature.ts";

/** The routes that the service calls: its validation handshake and its events. */
export function upstreamHandler(context: PluginContext): RequestHandler {
  const readBody = bodyReader(context.configuration.upstream.maxBodyInBytes);

  async function answerEvent(req: Request, res: Response): Promise<void> {
    const { hub, upstream } = context.configuration;
    const sender = await senderOf(context, req);
    const body = await readBody(req, res);
    checkBody(req, body);
    if (sender) takeClaim(context.locations, req, sender);
    const event = { headers: req.headers, body };
    const answer = await dispatch(hub, upstream, event, (handler, error) =>
      context.events.emit("handlerError", { handler, error }),
    );
    send(res, answer);
  }

  return function upstream(req, res, next) {
    if (req.method === "OPTIONS" && isValidation(req)) {
      answerOrRefuse(res, async () => answerValidation(context, req, res)).catch(next);
    } else if (req.method === "POST") {
      answerOrRefuse(res, () => answerEvent(req, res)).catch(next);
    } else {
      next();
    }
  };
}

/** A browser's preflight has neither of these headers. */
function isValidation(req: Request): boolean {
  return Boolean(req.get("ce-awpsversion") ?? req.get("webhook-request-origin"));
}

function answerValidation(
  { configuration, registry }: PluginContext,
  req: Request,
  res: Response,
): void {
  const origins = originsOf(req.get("webhook-request-origin"));
  const { allowedOrigins } = configuration.upstream;
  const admitted = admittedOrigins(origins, registry.all(), allowedOrigins);
  if (origins.length === 0) throw missing("WebHook-Request-Origin");
  if (admitted.length === 0) throw new RequestRefused(ORIGIN_NOT_ALLOWED);
  res.status(200).set("WebHook-Allowed-Origin", admitted.join(", ")).end();
}

/**
 * All that can be decided before the body is read: who sent it, as far as that is proven.
 *
 * @throws RequestRefused
 */
async function senderOf(
  context: PluginContext,
  req: Request,
): Promise<RegisteredEndpoint | undefined> {
  const { configuration, registry } = context;
  for (const header of ["ce-type", "ce-connectionId", "WebHook-Request-Origin"]) {
    if (!req.get(header)) throw missing(header);
  }
  const origins = originsOf(req.get("webhook-request-origin"));
  const senders = sendersOf(origins, registry.all());
  const { allowedOrigins } = configuration.upstream;
  const isAdmitted = senders.length > 0 || origins.some((one) => allowedOrigins.includes(one));
  if (!isAdmitted) throw new RequestRefused(ORIGIN_NOT_ALLOWED);
  if (req.get("ce-hub")?.toLowerCase() !== configuration.hub.toLowerCase())
    throw new RequestRefused(UNKNOWN_HUB);
  // Behind a custom domain, any of the endpoints may be the sender.
  return provenSender(context, req, senders.length > 0 ? senders : registry.all());
}

async function provenSender(
  { configuration, events }: PluginContext,
  req: Request,
  possibleSenders: readonly RegisteredEndpoint[],
): Promise<RegisteredEndpoint | undefined> {
  const { authorize, verifySignature } = configuration.upstream;
  if (authorize) {
    if (!(await isAuthorized(authorize, req, events))) throw new RequestRefused(INVALID_SIGNATURE);
    return possibleSenders.length === 1 ? possibleSenders[0] : undefined;
  }
  if (!verifySignature) return undefined;
  const signature = req.get("ce-signature") ?? "";
  const connectionId = req.get("ce-connectionId") ?? "";
  const sender = possibleSenders.find(({ endpoint }) =>
    isSignedBy(endpoint.config.verificationKeys, signature, connectionId),
  );
  if (sender === undefined) throw new RequestRefused(INVALID_SIGNATURE);
  return sender;
}

async function isAuthorized(
  authorize: NonNullable<UpstreamOptions["authorize"]>,
  req: Request,
  events: TypedEvents,
): Promise<boolean> {
  try {
    return await authorize(req);
  } catch (error) {
    events.emit("handlerError", { handler: "upstream.authorize", error });
    throw new RequestRefused({ ...INVALID_SIGNATURE, status: 500, code: "ERR_HANDLER_FAILED" });
  }
}

/** What an endpoint's event says of where its connection lives. */
function takeClaim(locations: ConnectionLocations, req: Request, sender: RegisteredEndpoint): void {
  const connectionId = req.get("ce-connectionId") ?? "";
  const type = req.get("ce-type");
  if (type === "azure.webpubsub.sys.disconnected") locations.forget(connectionId, sender);
  // Whether there will be a connection is what a connect handler has yet to decide.
  else if (type !== "azure.webpubsub.sys.connect") locations.claim(connectionId, sender);
}

/** @throws RequestRefused for one that is not what the kind of event has */
function checkBody(req: Request, body: Buffer): void {
  const isUserEvent = req.get("ce-type")?.startsWith("azure.webpubsub.user.");
  if (isUserEvent && !isJson(req)) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw malformed("The body is not JSON.");
  }
  const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  if (!isUserEvent && !isObject) throw malformed("The body is not a JSON object.");
}

function send(res: Response, answer: UpstreamAnswer): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (res.headersSent) return;
  res.status(answer.status);
  for (const [name, value] of answer.headers) res.setHeader(name, value);
  res.end(answer.body);
}

const ORIGIN_NOT_ALLOWED: Problem = {
  status: 403,
  code: "ERR_ORIGIN_NOT_ALLOWED",
  detail: "The origin is not the host of a configured endpoint.",
};

const UNKNOWN_HUB: Problem = {
  status: 404,
  code: "ERR_UNKNOWN_HUB",
  detail: "This route serves another hub.",
};

const INVALID_SIGNATURE: Problem = {
  status: 401,
  code: "ERR_INVALID_SIGNATURE",
  detail: "The event is not proven to come from the endpoint.",
};

function missing(header: string): RequestRefused {
  const detail = `The header ${header} is missing.`;
  return new RequestRefused({ status: 400, code: "ERR_MISSING_HEADER", detail });
}

function malformed(detail: string): RequestRefused {
  return new RequestRefused({ status: 400, code: "ERR_MALFORMED_BODY", detail });
}
