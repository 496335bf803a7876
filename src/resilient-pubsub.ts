import type { PluginContext } from "./context/plugin-context.ts";
import type { EvacuateOptions, ResilientPubSubOptions } from "./contract/options.ts";
import type { ClientAccessTokenOptions } from "./contract/pubsub.ts";
import type {
  ReadyOptions,
  ResilientPubSub,
  ShutdownOptions,
} from "./contract/resilient-pubsub.ts";
import type { PubSubStatus, StatusHandlerOptions } from "./contract/status.ts";
import { Coordination, withoutCoordination } from "./coordination/coordination.ts";
import { Census } from "./endpoints/census.ts";
import { ConnectionLocations } from "./endpoints/connection-locations.ts";
import { DisplacedClients } from "./endpoints/displaced-clients.ts";
import { endpointsControl } from "./endpoints/endpoints-control.ts";
import { EndpointRegistry } from "./endpoints/registry.ts";
import { Evacuations } from "./failback/evacuations.ts";
import { Failback } from "./failback/failback.ts";
import { FanOut } from "./fan-out/fan-out.ts";
import { sendFrame } from "./fan-out/frame-sender.ts";
import { Operations } from "./fan-out/operations.ts";
import { pubSubService } from "./fan-out/pubsub-service.ts";
import { Grants } from "./grants/grants.ts";
import { sendCanary } from "./health/canary.ts";
import { HealthMonitor } from "./health/monitor.ts";
import { probe } from "./health/probe.ts";
import { toldProbes } from "./health/told-probes.ts";
import { History } from "./history/history.ts";
import { MetadataWatch } from "./history/metadata-watch.ts";
import { Publications } from "./history/publications.ts";
import { AppPlugins } from "./http/app-plugins.ts";
import { TypedEvents } from "./kit/typed-events.ts";
import { OnceWarnings } from "./kit/warn-once.ts";
import { refusedOnceClosing } from "./lifecycle/orders.ts";
import { Readiness } from "./lifecycle/readiness.ts";
import { Shutdown } from "./lifecycle/shutdown.ts";
import { Traffic } from "./lifecycle/traffic.ts";
import { clientAccessToken } from "./negotiate/client-access-token.ts";
import { issueOwnToken } from "./negotiate/client-token.ts";
import { type Configuration, parseOptions } from "./options/parse-options.ts";
import { routes } from "./routes.ts";
import { describeError } from "./service/describe-error.ts";
import { createEndpoint } from "./service/endpoint.ts";
import { toldCoordinationStore, toldHistoryStore } from "./stores/told-store.ts";
import { eventLogOf } from "./telemetry/event-log.ts";
import { METRICS_SOURCE } from "./telemetry/metrics-source.ts";
import { Otel } from "./telemetry/otel.ts";
import { OtelTracing } from "./telemetry/otel-tracing.ts";
import { pluginSource } from "./telemetry/plugin-source.ts";
import { statusOf } from "./telemetry/status.ts";
import { statusHandler } from "./telemetry/status-handler.ts";
import { AnswerDeadlines } from "./upstream/answer-deadline.ts";

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
  const warnings = new OnceWarnings();
  const events = new TypedEvents(describeError, warnings);
  const tracing = new OtelTracing();
  const configured = withToldStores(parseOptions(options), events);
  const base = { ...contextOf(configured, events, warnings), tracing };
  const { configuration, monitor, registry } = base;
  const log = eventLogOf(configuration, events, warnings);
  const agreed = configuration.topology === "client-client" ? new Coordination(base) : undefined;
  const history =
    configuration.history &&
    new History(base, configuration.history, (...given) => sendFrame(base, ...given));
  const context: PluginContext = { ...base, agreed, history, log };
  const metadataWatch =
    configuration.history?.carrier === "metadata"
      ? new MetadataWatch(context, async ({ endpoint }, userId) => {
          const { health, hub } = configuration;
          return (await issueOwnToken(endpoint, hub, { userId }, health)).url;
        })
      : undefined;
  const operations = new Operations(context);
  const fanOut = new FanOut(context, operations);
  const failback = new Failback(context);
  const evacuations = new Evacuations(context);
  const endpoints = endpointsControl(context);
  const grants = new Grants(context);
  const publications =
    history &&
    new Publications({
      verify: (text) => grants.verify(text),
      keeps: (stream, body) => history.keeps(stream, body),
      admits: (userId, stream) => history.allowances.admits(userId, stream),
      send: (message) => fanOut.publish(history, message),
    });
  const traffic = new Traffic();
  const answerDeadlines = new AnswerDeadlines();
  const shutdown: Shutdown = new Shutdown({
    events,
    traffic,
    operations,
    first: [
      { name: "failback", close: () => failback.close() },
      { name: "evacuations", close: () => evacuations.close() },
      { name: "coordination", close: () => agreed?.close() },
    ],
    last: () => [
      { name: "metadata probes", close: () => metadataWatch?.close() },
      { name: "history", close: () => history?.close() },
      { name: "answer deadlines", close: () => answerDeadlines.close() },
      { name: "removals", close: () => endpoints.close() },
      { name: "health checks", close: () => monitor.close() },
      ...registry.all().map(({ name, endpoint }) => ({
        name: `endpoint ${JSON.stringify(name)}`,
        close: () => endpoint.close(),
      })),
      { name: "log", close: () => log?.close() },
      { name: "place in the app", close: () => appPlugins.leave() },
      { name: "telemetry", close: () => otel.close() },
    ],
  });
  const readiness = new Readiness({
    registry,
    events,
    firstRound: monitor.start(),
    agreed: async () => agreed?.ready(),
    closing: shutdown.begun,
  });
  const source = pluginSource(context, events, {
    snapshot: () => endpoints.control.snapshot(),
    status: agreed && (() => agreed.control.status()),
    history,
  });
  const otel = new Otel(source, tracing, events);
  const coordination = refusedOnceClosing(agreed?.control ?? withoutCoordination, shutdown.begun);
  failback.start();
  agreed?.start();
  history?.start();
  metadataWatch?.start();
  const status = (): PubSubStatus =>
    statusOf({
      ...context,
      hub: configuration.hub,
      snapshot: endpoints.control.snapshot,
      operationsUnderWay: () => operations.underWay.count,
      history: () => history?.status,
      closing: shutdown.begun,
    });
  const appPlugins = new AppPlugins(() => plugin, configuration.negotiate.path, shutdown.begun);

  const plugin: ResilientPubSub = Object.assign(
    routes({
      context,
      appPlugins,
      traffic,
      answerDeadlines,
      grants,
      catchUps: history?.reads.catchUps,
      publish: publications && ((event) => publications.publish(event)),
    }),
    {
      [METRICS_SOURCE]: source,
      events,
      endpoints: refusedOnceClosing(
        {
          ...endpoints.control,
          evacuate: (name: string, how: EvacuateOptions) => evacuations.evacuate(name, how),
        },
        shutdown.begun,
      ),
      coordination: {
        ...coordination,
        switchTo: async (name: string) => coordination.switchTo(name),
      },
      ...appPlugins.membership,
      ...pubSubService(fanOut, configuration.hub),
      getClientAccessToken: (tokenOptions?: ClientAccessTokenOptions) =>
        operations.track(() => clientAccessToken(context, tokenOptions)),
      status,
      statusHandler: (handlerOptions: StatusHandlerOptions = {}) =>
        statusHandler({ status, events }, handlerOptions),
      ready: (readyOptions?: ReadyOptions) => readiness.ready(readyOptions),
      close: (closeOptions?: ShutdownOptions) => shutdown.close(closeOptions),
    },
  );
  return plugin;
}

function withToldStores(configuration: Configuration, events: TypedEvents): Configuration {
  const { coordination, history } = configuration;
  return Object.freeze({
    ...configuration,
    coordination: { ...coordination, store: toldCoordinationStore(coordination.store, events) },
    history: history && { ...history, store: toldHistoryStore(history.store, events) },
  });
}

function contextOf(
  configuration: Configuration,
  events: TypedEvents,
  warnings: OnceWarnings,
): PluginContext {
  const { endpoints, health, hub, negotiate, service, topology } = configuration;
  const { reviewAfterInMs } = negotiate;
  const registry = new EndpointRegistry(
    endpoints.map((endpoint) => createEndpoint(endpoint, hub, service.maxSocketsPerEndpoint)),
    health,
    events,
    { isAgreed: topology === "client-client" },
  );
  const probes = toldProbes({ health: probe, canary: sendCanary }, events);
  return {
    configuration,
    registry,
    monitor: new HealthMonitor(registry, health, probes, Math.random()),
    events,
    locations: new ConnectionLocations(),
    displaced: new DisplacedClients(),
    census: reviewAfterInMs === false ? undefined : censusOf(reviewAfterInMs, events),
    warnings,
    random: Math.random,
  };
}

function censusOf(reviewAfterInMs: number, events: TypedEvents): Census {
  return new Census(reviewAfterInMs, undefined, ({ name, maxClients = 0 }, clients) => {
    events.emit("endpointFull", { endpoint: name, clients, maxClients });
  });
}
