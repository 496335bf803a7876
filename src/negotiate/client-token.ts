import type { ClientTokenResponse, GenerateClientTokenOptions } from "@azure/web-pubsub";
import { withDeadline } from "../deadline.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { withOrigin } from "../endpoints/with-origin.ts";
import { markAway } from "../failback/marker.ts";
import type { SelectorParts } from "./select-endpoint.ts";

interface TokenOptions extends GenerateClientTokenOptions {
  /** With an Entra credential the service issues the token, which must not take longer. Default `health.timeoutInMs`. */
  readonly timeoutInMs?: number;
}

/**
 * Has a token made for a client that is sent to the chosen endpoint. Undefined when there is none to
 * be had, which is announced, and evidence as of any other call.
 *
 * @param avoided Endpoints that were out of the question for this client.
 * @throws the reason of an `abortSignal` that has ended it
 */
export async function issueToken(
  parts: SelectorParts,
  chosen: RegisteredEndpoint,
  avoided: ReadonlySet<RegisteredEndpoint>,
  { timeoutInMs = parts.configuration.health.timeoutInMs, ...options }: TokenOptions,
): Promise<ClientTokenResponse | undefined> {
  const { configuration, events, monitor, registry } = parts;
  const isRouted = configuration.router !== undefined;
  const placement = { chosen, all: registry.all(), avoided, isRouted };
  const isMarked = configuration.failback.close !== false;
  const identity = isMarked ? markAway(options, placement) : options;
  const startedAt = performance.now();
  try {
    const token = await tokenOf(chosen.endpoint, identity, timeoutInMs);
    // With a key the token is made here, and says nothing of the service.
    if (chosen.endpoint.issuesTokens) monitor.report(chosen, undefined, startedAt);
    return token;
  } catch (error) {
    if (options.abortSignal?.aborted) throw error;
    events.emit("tokenFailed", { endpoint: chosen.name, error });
    monitor.report(chosen, error, startedAt);
    return undefined;
  }
}

/** Gets a client token through the SDK. With an access key it is signed here, without a request. */
export async function tokenOf(
  { client, config }: Endpoint,
  options: GenerateClientTokenOptions,
  timeoutInMs: number,
): Promise<ClientTokenResponse> {
  const response = await withDeadline(timeoutInMs, options.abortSignal, (abortSignal) =>
    client.getClientAccessToken({ ...options, abortSignal }),
  );
  if (config.clientEndpoint === undefined) return response;
  const origin = config.clientEndpoint.replace(/^http/, "ws");
  const { token, baseUrl, url } = response;
  return { token, baseUrl: withOrigin(baseUrl, origin), url: withOrigin(url, origin) };
}

/** Until when a client must have connected with the token, ISO 8601. */
export function expiryOf(token: string): string {
  const [, payload = ""] = token.split(".");
  const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number };
  return new Date(exp * 1000).toISOString();
}
