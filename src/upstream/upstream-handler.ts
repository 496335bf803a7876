import type { Request, RequestHandler, Response } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import { PROBE_USER_ID } from "../context/probe-user.ts";
import type { ConnectionLocations } from "../endpoints/connection-locations.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { bodyReader, isJson } from "../http/body.ts";
import { answerOrRefuse, RequestRefused } from "../http/problem.ts";
import { warnOfOpenMarkers } from "../marker-groups/open-markers.ts";
import type { AnswerDeadlines } from "./answer-deadline.ts";
import { type DispatchObserver, dispatch } from "./dispatch.ts";
import { isOfMarker, noteDisplaced } from "./displaced-events.ts";
import { readEventBody } from "./event-body.ts";
import { type EventHeaders, missing, readEventHeaders } from "./event-headers.ts";
import { EndpointHosts, originsOf } from "./origin.ts";
import { answerPublish, isPublishType, type Publish } from "./publish-event.ts";
import { Refusals } from "./refusals.ts";
import { ORIGIN_NOT_ALLOWED, senderOf } from "./sender.ts";
import type { UpstreamAnswer } from "./stand-ins.ts";
import { toldOf } from "./told-event.ts";

/**
 * The routes that the service calls: its validation handshake and its events.
 *
 * @param publish Undefined where nothing is kept.
 */
export function upstreamHandler(
  context: PluginContext,
  deadlines: AnswerDeadlines,
  publish?: Publish,
): RequestHandler {
  const { hub, upstream } = context.configuration;
  const readBody = bodyReader(upstream.maxBodyInBytes);
  const hosts = new EndpointHosts();
  const observer: DispatchObserver = {
    onHandlerFailed: (handler, error) => context.events.emit("handlerError", { handler, error }),
    onRolesGiven: (roles) => warnOfOpenMarkers(context, roles),
  };

  async function answerEvent(req: Request, res: Response): Promise<void> {
    const headers = readEventHeaders(req.headers);
    const sender = await senderOf(context, hosts, req, headers);
    if (headers.userId === PROBE_USER_ID) {
      res.status(204).end();
      return;
    }
    const body = await readBody(req, res);
    const systemBody = readEventBody(headers, body, isJson(req));
    const isConnect = headers.type === "azure.webpubsub.sys.connect";
    if (sender && !isConnect) {
      takeClaim(context.locations, headers, sender);
      noteDisplaced(context, headers, systemBody, sender);
    }
    if (isOfMarker(headers, systemBody)) {
      res.status(200).end();
      return;
    }
    if (publish && isPublishType(headers.type)) {
      send(res, await answerPublish(publish, headers, body));
      return;
    }
    const event = { headers: headers.all, body };
    const answer = await dispatch(hub, upstream, event, observer, deadlines);
    // Whether there will be a connection is what a connect handler decides.
    if (sender && isConnect && answer.status < 300) {
      noteDisplaced(context, headers, systemBody, sender);
    }
    send(res, answer);
  }

  const refusals = new Refusals(context.events);
  return function upstream(req, res, next) {
    const answerBy = (answer: () => void | Promise<void>): void =>
      answerOrRefuse(res, next, () => toldOf(context, refusals, req, answer));
    if (req.method === "OPTIONS" && isValidation(req)) {
      answerBy(() => answerValidation(context, hosts, req, res));
    } else if (req.method === "POST") {
      answerBy(() => answerEvent(req, res));
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
  hosts: EndpointHosts,
  req: Request,
  res: Response,
): void {
  const origins = originsOf(req.get("webhook-request-origin"));
  if (origins.length === 0) throw missing("WebHook-Request-Origin");
  const { allowedOrigins } = configuration.upstream;
  const admitted = hosts.admittedOrigins(origins, registry.all(), allowedOrigins);
  if (admitted.length === 0) throw new RequestRefused(ORIGIN_NOT_ALLOWED);
  res.status(200).set("WebHook-Allowed-Origin", admitted.join(", ")).end();
}

/** What an endpoint's event says of where its connection lives. */
function takeClaim(
  locations: ConnectionLocations,
  { type, connectionId }: EventHeaders,
  sender: RegisteredEndpoint,
): void {
  if (type === "azure.webpubsub.sys.disconnected") locations.forget(connectionId, sender);
  else locations.claim(connectionId, sender);
}

function send(res: Response, answer: UpstreamAnswer): void {
  // Something of the application's may have answered meanwhile, such as a timeout.
  if (res.headersSent) return;
  res.status(answer.status);
  for (const [name, value] of answer.headers) res.setHeader(name, value);
  res.end(answer.body);
}
