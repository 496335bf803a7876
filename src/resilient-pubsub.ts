import type { RequestHandler } from "express";
import type { PluginContext } from "./context/plugin-context.ts";
import type { ResilientPubSubOptions } from "./contract/options.ts";
import type { ClientAccessTokenOptions } from "./contract/pubsub.ts";
import type { ResilientPubSub } from "./contract/resilient-pubsub.ts";
import { Coordination, withoutCoordination } from "./coordination/coordination.ts";
import { ConnectionLocations } from "./endpoints/connection-locations.ts";
import { DisplacedClients } from "./endpoints/displaced-clients.ts";
import { endpointsControl } from "./endpoints/endpoints-control.ts";
import { EndpointRegistry } from "./endpoints/registry.ts";
import { Failback } from "./failback/failback.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { pubSubService } from "./fan-out/pubsub-service.ts";
import { sendCanary } from "./health/canary.ts";
import { HealthMonitor } from "./health/monitor.ts";
import { probe } from "./health/probe.ts";
import { sendProblem } from "./http/problem.ts";
import { isAt, isUnder, requestPath, toRoutePath } from "./http/route-path.ts";
import { TypedEvents } from "./kit/typed-events.ts";
import { OnceWarnings } from "./kit/warn-once.ts";
import { clientAccessToken } from "./negotiate/client-access-token.ts";
import { negotiateHandler } from "./negotiate/negotiate-handler.ts";
import { parseOptions } from "./options/parse-options.ts";
import { createEndpoint } from "./service/endpoint.ts";
import { upstreamHandler } from "./upstream/upstream-handler.ts";

/**
 * Creates the middleware: negotiate with failover, the upstream event routes, and
 * `res.locals.pubsub` for every handler behind it. Health checks begin at once.
 *
 * @throws InvalidOptionsError that lists every option that cannot be used
 *
 * @example
 * ```ts
 * import express from "express";
 * import { endpointsFromEnv, resilientPubSub } from "express-resilient-pubsub";
 *
 * const app = express();
 * const pubsub = resilientPubSub({
 *   hub: "chat",
 *   endpoints: endpointsFromEnv(),
 *   negotiate: { authenticate: (req) => identityOf(req) }, // yours: { userId }, or null for 401
 * });
 * app.use(pubsub); // GET /negotiate answers { url, endpoint, role, expiresAt }
 * app.listen(3000);
 * ```
 */
export function resilientPubSub(options: ResilientPubSubOptions): ResilientPubSub {
  const configuration = parseOptions(options);
  const events = new TypedEvents();
  const registry = new EndpointRegistry(
    configuration.endpoints.map((endpoint) =>
      createEndpoint(endpoint, configuration.hub, configuration.service.maxSocketsPerEndpoint),
    ),
    configuration.health,
    events,
    { isAgreed: configuration.topology === "client-client" },
  );
  const probes = { health: probe, canary: sendCanary };
  const monitor = new HealthMonitor(registry, configuration.health, probes);
  const base = {
    configuration,
    registry,
    monitor,
    events,
    locations: new ConnectionLocations(),
    displaced: new DisplacedClients(),
    warnings: new OnceWarnings(),
    random: Math.random,
  };
  const agreed = configuration.topology === "client-client" ? new Coordination(base) : undefined;
  const context: PluginContext = { ...base, agreed };
  const fanOut = new FanOut(context);
  const failback = new Failback(context);
  const endpoints = endpointsControl(context);
  const firstRound = monitor.start();
  failback.start();
  agreed?.start();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    await Promise.all([fanOut.close(), failback.close(), agreed?.close()]);
    endpoints.close();
    await monitor.close();
    await Promise.all(registry.all().map(({ endpoint }) => endpoint.close()));
  }

  const plugin: ResilientPubSub = Object.assign(
    routes(
      context,
      () => plugin,
      () => closing !== undefined,
    ),
    {
      events,
      endpoints: endpoints.control,
      coordination: agreed?.control ?? withoutCoordination,
      ...pubSubService(fanOut, configuration.hub),
      getClientAccessToken: (tokenOptions?: ClientAccessTokenOptions) =>
        fanOut.track(() => clientAccessToken(context, tokenOptions)),
      ready: () => holdingProcess(firstRound.then(() => agreed?.ready())),
      close: () => {
        closing ??= close();
        return closing;
      },
    },
  );
  return plugin;
}

function routes(
  context: PluginContext,
  plugin: () => ResilientPubSub,
  isClosed: () => boolean,
): RequestHandler {
  const negotiatePath = toRoutePath(context.configuration.negotiate.path);
  const upstreamPath = toRoutePath(context.configuration.upstream.path);
  const negotiate = negotiateHandler(context);
  const upstream = upstreamHandler(context);

  return function resilientPubSub(req, res, next) {
    res.locals.pubsub = plugin();
    const path = requestPath(req);
    const isNegotiate = isAt(negotiatePath, path) && isGetOrPost(req.method);
    if (isNegotiate && isClosed()) sendProblem(res, CLOSED);
    else if (isNegotiate) negotiate(req, res, next);
    else if (isUnder(upstreamPath, path)) upstream(req, res, next);
    else next();
  };
}

function isGetOrPost(method: string): boolean {
  return method === "GET" || method === "POST";
}

const CLOSED = {
  status: 503,
  code: "ERR_CLOSED",
  detail: "This server is shutting down; try again.",
  headers: { "Retry-After": "1" },
} as const;

/** The plugin's timers are unreferenced, so whoever waits for them must keep the process alive. */
async function holdingProcess(promise: Promise<void>): Promise<void> {
  const hold = setInterval(() => {}, 60_000);
  try {
    await promise;
  } finally {
    clearInterval(hold);
  }
}
