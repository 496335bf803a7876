import type { Request } from "express";
import type { PluginContext } from "../context/plugin-context.ts";
import type { UpstreamOptions } from "../contract/upstream-options.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { type Problem, RequestRefused } from "../http/problem.ts";
import { describeValue } from "../kit/describe-value.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { EventHeaders } from "./event-headers.ts";
import { type EndpointHosts, originsOf } from "./origin.ts";
import { isSignedBy, readDigests } from "./signature.ts";

/**
 * All that can be decided before the body is read: whether an event is genuine, and which endpoint
 * sent it. Undefined when that may have been one of several, or nobody checks.
 *
 * @throws RequestRefused
 */
export async function senderOf(
  context: PluginContext,
  hosts: EndpointHosts,
  req: Request,
  headers: EventHeaders,
): Promise<RegisteredEndpoint | undefined> {
  const { configuration, registry, events } = context;
  const { allowedOrigins, authorize, verifySignature } = configuration.upstream;
  const origins = originsOf(headers.origin);
  const named = hosts.sendersOf(origins, registry.all());
  const admitted = hosts.admittedOrigins(origins, registry.all(), allowedOrigins);
  if (admitted.length === 0) throw new RequestRefused(ORIGIN_NOT_ALLOWED);
  if (canonicalHub(headers.hub) !== canonicalHub(configuration.hub)) {
    throw new RequestRefused(UNKNOWN_HUB);
  }
  // Behind a custom domain, any of the endpoints may be the sender.
  const possible = named.length > 0 ? named : registry.all();
  if (authorize) {
    if (!(await isAuthorized(authorize, req, events))) throw new RequestRefused(INVALID_SIGNATURE);
    return onlyOne(possible);
  }
  if (!verifySignature) return undefined;
  const digests = readDigests(headers.signature);
  const signers = possible.filter(({ endpoint }) =>
    isSignedBy(endpoint.config.verificationKeys, digests, headers.connectionId),
  );
  if (signers.length === 0) throw new RequestRefused(INVALID_SIGNATURE);
  // Endpoints that have a key in common cannot be told apart by it.
  return onlyOne(signers);
}

const onlyOne = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined);

async function isAuthorized(
  authorize: NonNullable<UpstreamOptions["authorize"]>,
  req: Request,
  events: InternalEvents,
): Promise<boolean> {
  try {
    const answer: unknown = await authorize(req);
    // An object or a text would count as true: whoever forgets to look into it lets everybody in.
    if (typeof answer === "boolean") return answer;
    throw new TypeError(
      `upstream.authorize must answer true or false; got ${describeValue(answer)}`,
    );
  } catch (error) {
    events.emit("handlerError", { handler: "upstream.authorize", error });
    throw new RequestRefused({ ...INVALID_SIGNATURE, status: 500, code: "ERR_HANDLER_FAILED" });
  }
}

export const ORIGIN_NOT_ALLOWED: Problem = {
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
