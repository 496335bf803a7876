import { KeyObject } from "node:crypto";
import type { ClientTokenResponse, GenerateClientTokenOptions } from "@azure/web-pubsub";
import type { PluginContext } from "../context/plugin-context.ts";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { FailureReason } from "../contract/fan-out-report.ts";
import type { Identity } from "../contract/options.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { faultOf } from "../health/canary.ts";
import type { Awaitable } from "../kit/awaitable.ts";
import { waitAtMost } from "../kit/deadline.ts";
import { markDisplaced } from "../marker-groups/displaced-group.ts";
import { NEGOTIATED_GROUP } from "../marker-groups/marker.ts";
import { warnOfOpenMarkers } from "../marker-groups/open-markers.ts";
import type { EndpointConfiguration } from "../options/parse-options.ts";
import { callWithin } from "../service/call-within.ts";
import { clientOriginOf } from "../service/client-origin.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { classifyFailure } from "../service/failure.ts";
import { signToken } from "../service/sign-token.ts";
import { asUnexpected, UnexpectedAnswerError } from "../service/unexpected-answer.ts";
import { withOrigin } from "../service/with-origin.ts";
import { checkIdentityLength, checkUrlLength } from "./token-length.ts";

/** What the SDK takes for a token, besides the client's identity. */
interface TokenOptions extends Omit<GenerateClientTokenOptions, keyof Identity> {
  /** With an Entra credential the service issues the token, which must not take longer. Default `health.timeoutInMs`. */
  readonly timeoutInMs?: number;
}

/** A token for a client, and where to connect with it. */
export interface IssuedToken extends ClientTokenResponse {
  /** Until when the client must have connected, seconds since the epoch. */
  readonly expiresAt: number;
}

/** A client that wants a token, and what has become of that so far. */
export interface TokenRequest {
  readonly identity: Identity;
  readonly options: TokenOptions;
  /** Endpoints that were out of the question for this client. */
  readonly avoided: ReadonlySet<RegisteredEndpoint>;
  /** Whose fault it is that there was none, for each endpoint that was asked; none rejects. */
  readonly faults: Promise<FailureReason>[];
}

/**
 * Has a token made for a client that is sent to the chosen endpoint. Undefined when there is none to
 * be had, which is announced, and evidence as of any other call.
 *
 * @throws the reason of an `abortSignal` that has ended it, or ResilientPubSubError
 *   `ERR_TOKEN_TOO_LONG`, which is nothing that an endpoint could help
 */
export function issueToken(
  context: PluginContext,
  chosen: RegisteredEndpoint,
  { identity, options, avoided, faults }: TokenRequest,
): Awaitable<IssuedToken | undefined> {
  warnOfOpenMarkers(context, identity.roles);
  const marked = withMarker(context, chosen, avoided, identity);
  const { config } = chosen.endpoint;
  if (!(config.credential instanceof KeyObject)) {
    return tokenOfService(context, chosen, { identity: marked, options, faults });
  }
  // With a key the token is made here, and says nothing of the service.
  const { hub } = context.configuration;
  const issued = signedToken(config, config.credential, hub, marked, options);
  checkUrlLength(issued.url, marked);
  return issued;
}

/** When a token for a connection of this package's own is waited for no more. */
interface OwnTokenLimits {
  readonly timeoutInMs: number;
  readonly signal?: AbortSignalLike;
}

/**
 * Has a token made for a connection of this package's own, which nothing is concluded from.
 *
 * @throws what the call of the service fails with
 */
export async function issueOwnToken(
  endpoint: Endpoint,
  hub: string,
  identity: Identity,
  { timeoutInMs, signal: abortSignal }: OwnTokenLimits,
): Promise<IssuedToken> {
  const { credential } = endpoint.config;
  if (credential instanceof KeyObject) {
    return signedToken(endpoint.config, credential, hub, identity, {});
  }
  return askForToken(endpoint, { ...identity, ...(abortSignal && { abortSignal }) }, timeoutInMs);
}

async function tokenOfService(
  context: PluginContext,
  chosen: RegisteredEndpoint,
  request: Omit<TokenRequest, "avoided">,
): Promise<IssuedToken | undefined> {
  checkIdentityLength(request.identity);
  const issued = await askAsEvidence(context, chosen, request);
  if (issued) checkUrlLength(issued.url, request.identity);
  return issued;
}

async function askAsEvidence(
  { configuration, events, monitor, registry }: PluginContext,
  chosen: RegisteredEndpoint,
  { identity, options, faults }: Omit<TokenRequest, "avoided">,
): Promise<IssuedToken | undefined> {
  const startedAt = performance.now();
  try {
    const { timeoutInMs = configuration.health.timeoutInMs, ...sdkOptions } = options;
    const token = await askForToken(chosen.endpoint, { ...sdkOptions, ...identity }, timeoutInMs);
    monitor.reportSuccess(chosen, startedAt);
    return token;
  } catch (error) {
    if (options.abortSignal?.aborted) throw error;
    const failure = classifyFailure(error);
    const { fault: reason, status, code } = failure;
    events.emit("tokenFailed", { endpoint: chosen.name, reason, status, code, error });
    registry.recordFailure(chosen, "client token", failure);
    const judging = monitor.reportFailure(chosen, failure, startedAt);
    faults.push(judging.then((canary) => faultOf(failure, canary)));
    return undefined;
  }
}

/**
 * Whether endpoints that are well refuse a token to this client alone: then it is nobody's outage,
 * and no better later. Waits no longer for that than a negotiate may for anything.
 */
export async function isTokenRefused(
  { configuration }: PluginContext,
  faults: readonly Promise<FailureReason>[],
): Promise<boolean> {
  let isRefused = false;
  const judging = faults.map(async (fault) => {
    if ((await fault) === "refused-message") isRefused = true;
  });
  if (faults.length > 0) {
    await waitAtMost(configuration.health.onDemandBudgetInMs, Promise.all(judging));
  }
  return isRefused;
}

function withMarker(
  { configuration, registry }: PluginContext,
  chosen: RegisteredEndpoint,
  avoided: ReadonlySet<RegisteredEndpoint>,
  identity: Identity,
): Identity {
  if (configuration.topology === "client-client") {
    return { ...identity, groups: [...(identity.groups ?? []), NEGOTIATED_GROUP] };
  }
  if (configuration.failback.close === false) return identity;
  const isRouted = configuration.router !== undefined;
  return markDisplaced(identity, { chosen, all: registry.all(), avoided, isRouted });
}

const DEFAULT_LIFETIME_IN_MINUTES = 60;

/** Paths of the kinds of clients, by the SDK's names for them. */
const CLIENT_PATHS = { default: "client", mqtt: "clients/mqtt", socketio: "clients/socketio" };

/** The same as the SDK's `getClientAccessToken`, without its detour by the tracing of a request. */
export function signedToken(
  config: EndpointConfiguration,
  key: KeyObject,
  hub: string,
  { userId, roles, groups }: Identity,
  options: TokenOptions,
): IssuedToken {
  const { clientProtocol = "default" } = options;
  const { expirationTimeInMinutes = DEFAULT_LIFETIME_IN_MINUTES } = options;
  const path = `/${CLIENT_PATHS[clientProtocol]}/hubs/${hub}`;
  const iat = Math.floor(Date.now() / 1000);
  const expiresAt = iat + expirationTimeInMinutes * 60;
  const token = signToken(key, {
    role: roles,
    "webpubsub.group": groups,
    iat,
    exp: expiresAt,
    aud: config.url + path,
    sub: userId || undefined,
  });
  const baseUrl = clientOriginOf(config) + path;
  return { token, baseUrl, url: `${baseUrl}?access_token=${token}`, expiresAt };
}

async function askForToken(
  { client, config }: Endpoint,
  options: GenerateClientTokenOptions,
  timeoutInMs: number,
): Promise<IssuedToken> {
  const response = await callWithin(timeoutInMs, options.abortSignal, (abortSignal) =>
    client.getClientAccessToken({ ...options, abortSignal }),
  ).catch((error) => {
    throw asUnexpected(error, NO_TOKEN);
  });
  const expiresAt = expiryOf(response.token);
  const origin = clientOriginOf(config);
  const { token, baseUrl, url } = response;
  return { token, baseUrl: withOrigin(baseUrl, origin), url: withOrigin(url, origin), expiresAt };
}

const NO_TOKEN = "what is no client token";
/** Far more than a URL has room for. */
const maxTokenLength = 64 * 1024;

/** @throws UnexpectedAnswerError for what is no token */
function expiryOf(token: unknown): number {
  const isText = typeof token === "string" && token.length <= maxTokenLength;
  const [, payload] = (isText && /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)) || [];
  const { exp } = claimsOf(payload);
  if (Number.isSafeInteger(exp)) return exp as number;
  throw new UnexpectedAnswerError(NO_TOKEN);
}

function claimsOf(payload: string | undefined): { readonly exp?: unknown } {
  try {
    return JSON.parse(Buffer.from(payload ?? "", "base64url").toString()) ?? {};
  } catch {
    return {};
  }
}
