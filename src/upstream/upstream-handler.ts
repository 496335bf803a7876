import type { Request, RequestHandler, Response } from "express";
import type { ConnectionHomes } from "../endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { Configuration } from "../options/parse-options.ts";
import { bodyReader, isJson } from "./body.ts";
import { dispatch, type UpstreamAnswer } from "./dispatch.ts";
import { admittedOrigins, originsOf, sendersOf } from "./origin.ts";
import { isSignedBy } from "./signature.ts";

export interface UpstreamParts {
  readonly configuration: Configuration;
  readonly registry: EndpointRegistry;
  readonly events: TypedEvents;
  readonly homes: ConnectionHomes;
}

/** The routes that the service calls: its validation handshake and its events. */
export function upstreamHandler(parts: UpstreamParts): RequestHandler {
  const readBody = bodyReader(parts.configuration.upstream.maxBodyInBytes);

  async function answerEvent(req: Request, res: Response): Promise<UpstreamAnswer | Problem> {
    const { hub, upstream } = parts.configuration;
    const sender = await senderOf(parts, req);
    if (sender && "code" in sender) return sender;
    const body = await readBody(req, res);
    if (!Buffer.isBuffer(body)) return body;
    const malformed = refuseBody(req, body);
    if (malformed) return malformed;
    if (sender) learnHome(parts.homes, req, sender);
    return dispatch(hub, upstream, { headers: req.headers, body }, (handler, error) =>
      parts.events.emit("handlerError", { handler, error }),
    );
  }

  return function upstream(req, res, next) {
    if (req.method === "OPTIONS" && isValidation(req)) {
      answerValidation(parts, req, res);
    } else if (req.method === "POST") {
      answerEvent(req, res)
        .then((answer) => send(res, answer))
        .catch(next);
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
  { configuration, registry }: UpstreamParts,
  req: Request,
  res: Response,
): void {
  const origins = originsOf(req.get("webhook-request-origin"));
  const { allowedOrigins } = configuration.upstream;
  const admitted = admittedOrigins(origins, registry.all(), allowedOrigins);
  if (origins.length === 0) sendProblem(res, missing("WebHook-Request-Origin"));
  else if (admitted.length === 0) sendProblem(res, ORIGIN_NOT_ALLOWED);
  else res.status(200).set("WebHook-Allowed-Origin", admitted.join(", ")).end();
}

/**
 * All that can be decided before the body is read: who sent it, as far as that is proven, or why it
 * is refused.
 */
async function senderOf(
  parts: UpstreamParts,
  req: Request,
): Promise<RegisteredEndpoint | Problem | undefined> {
  const { configuration, registry } = parts;
  for (const header of ["ce-type", "ce-connectionId", "WebHook-Request-Origin"]) {
    if (!req.get(header)) return missing(header);
  }
  const origins = originsOf(req.get("webhook-request-origin"));
  const senders = sendersOf(origins, registry.all());
  const { allowedOrigins } = configuration.upstream;
  const isAdmitted = senders.length > 0 || origins.some((one) => allowedOrigins.includes(one));
  if (!isAdmitted) return ORIGIN_NOT_ALLOWED;
  if (req.get("ce-hub")?.toLowerCase() !== configuration.hub.toLowerCase()) return UNKNOWN_HUB;
  // Behind a custom domain, any of the endpoints may be the sender.
  return provenSender(parts, req, senders.length > 0 ? senders : registry.all());
}

async function provenSender(
  { configuration, events }: UpstreamParts,
  req: Request,
  possibleSenders: readonly RegisteredEndpoint[],
): Promise<RegisteredEndpoint | Problem | undefined> {
  const { authorize, verifySignature } = configuration.upstream;
  if (authorize) {
    try {
      if (!(await authorize(req))) return INVALID_SIGNATURE;
      return possibleSenders.length === 1 ? possibleSenders[0] : undefined;
    } catch (error) {
      events.emit("handlerError", { handler: "upstream.authorize", error });
      return { ...INVALID_SIGNATURE, status: 500, code: "ERR_HANDLER_FAILED" };
    }
  }
  if (!verifySignature) return undefined;
  const signature = req.get("ce-signature") ?? "";
  const connectionId = req.get("ce-connectionId") ?? "";
  const sender = possibleSenders.find(({ endpoint }) =>
    isSignedBy(endpoint.config.verificationKeys, signature, connectionId),
  );
  return sender ?? INVALID_SIGNATURE;
}

/** The digest is of the connection's id, so it proves where the connection lives. */
function learnHome(homes: ConnectionHomes, req: Request, sender: RegisteredEndpoint): void {
  const connectionId = req.get("ce-connectionId") ?? "";
  const type = req.get("ce-type");
  if (type === "azure.webpubsub.sys.disconnected") homes.forget(connectionId);
  // Whether there will be a connection is what a connect handler has yet to decide.
  else if (type !== "azure.webpubsub.sys.connect") homes.learn(connectionId, sender);
}

function refuseBody(req: Request, body: Buffer): Problem | undefined {
  const isUserEvent = req.get("ce-type")?.startsWith("azure.webpubsub.user.");
  if (isUserEvent && !isJson(req)) return undefined;
  try {
    const parsed: unknown = JSON.parse(body.toString());
    const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    return isUserEvent || isObject ? undefined : malformed("The body is not a JSON object.");
  } catch {
    return malformed("The body is not JSON.");
  }
}

function send(res: Response, answer: UpstreamAnswer | Problem): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (res.headersSent) return;
  if ("code" in answer) {
    sendProblem(res, answer);
    return;
  }
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

function missing(header: string): Problem {
  return { status: 400, code: "ERR_MISSING_HEADER", detail: `The header ${header} is missing.` };
}

function malformed(detail: string): Problem {
  return { status: 400, code: "ERR_MALFORMED_BODY", detail };
}
