import type { RequestHandler } from "express";
import type { FanOutReport } from "express-resilient-pubsub";
import {
  type MonitoredEnvironment,
  type OperatorOrder,
  RequestError,
} from "../contract/environment.ts";
import type {
  ClientView,
  DemoEvent,
  EnvironmentView,
  Failback,
  FaultName,
  FiguresView,
  LogLine,
  RatesView,
  Topology,
} from "../contract/live.ts";
import { ClientEvents } from "../events/client-events.ts";
import { EventRecorder } from "../events/event-recorder.ts";
import { FailedProbes } from "../events/failed-probes.ts";
import { LogLines } from "../events/log-lines.ts";
import { faultEvent, incidentText, operatorEvent, serverEvent } from "../events/operator-events.ts";
import { recordPluginEvents } from "../events/plugin-events.ts";
import type { Listening } from "../http/listen.ts";
import type { ObservableLog } from "../kit/observable-log.ts";
import type { OpenResources } from "../kit/open-all.ts";
import type { ClientProcess } from "../simulated-clients/client-process.ts";
import { AppServer, type AppServerListener } from "./app-server.ts";
import { AppServers } from "./app-servers.ts";
import { Broadcasts } from "./broadcasts.ts";
import { Crowds } from "./crowds.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import { LoadBalancer } from "./load-balancer.ts";
import type { RegionEndpoints } from "./plugin-options.ts";
import { Rates } from "./rates.ts";

export interface EnvironmentParts {
  /** The region of each app server, and where it listens. */
  readonly appServers: readonly {
    readonly regionEndpoints: RegionEndpoints;
    readonly listening: Listening;
  }[];
  /** Where the load balancer listens. */
  readonly loadBalancerListening: Listening;
  /** What can be broken; empty on real Azure. */
  readonly emulatedRegions: readonly EmulatedRegion[];
}

const CHECK_PROBES_EVERY_IN_MS = 100;

/** Everything that runs, and the orders that are given to it. */
export class RunningEnvironment implements MonitoredEnvironment {
  readonly servers: readonly AppServer[];
  readonly #opened: OpenResources;
  readonly #emulatedRegions: readonly EmulatedRegion[];
  readonly #endpoints: readonly string[];
  readonly #eventRecorder = new EventRecorder();
  readonly #logLines = new LogLines();
  readonly #appServers: AppServers;
  readonly #loadBalancer: LoadBalancer;
  readonly #broadcasts: Broadcasts;
  readonly #rates: Rates;
  readonly #crowds: Crowds;

  private constructor(
    opened: OpenResources,
    { loadBalancerListening, appServers, emulatedRegions }: EnvironmentParts,
  ) {
    const record = this.#eventRecorder.record.bind(this.#eventRecorder);
    const clientEvents = opened.add(new ClientEvents(record));
    const listener: AppServerListener = {
      pluginStarted: (region, pubsub) => recordPluginEvents(pubsub, region, record),
      loggerOf: (region) => this.#logLines.loggerOf(region),
      chatReceived: (event) => clientEvents.chatReceived(event),
    };
    this.#opened = opened;
    this.#emulatedRegions = emulatedRegions;
    this.#endpoints = appServers[0]?.regionEndpoints.endpoints.map(({ name }) => name) ?? [];
    this.servers = appServers.map(
      ({ regionEndpoints, listening }) => new AppServer(regionEndpoints, listening, listener),
    );
    this.#appServers = opened.add(new AppServers(this.servers, record));
    this.#broadcasts = opened.add(new Broadcasts(this.servers));
    const crowdsOptions = {
      negotiateUrl: `${loadBalancerListening.url}/negotiate`,
      homeRegions: this.servers.map(({ region }) => region),
      endpoints: this.#endpoints,
      topology: () => this.#appServers.mode.topology,
    };
    this.#crowds = new Crowds(opened, crowdsOptions, clientEvents, record);
    this.#rates = opened.add(
      new Rates({
        endpoints: this.#endpoints,
        takeDelivered: () => this.clients.takeDelivered(),
        without: () => Math.max(0, this.clients.wanted - this.clients.connected),
      }),
    );
    this.#loadBalancer = new LoadBalancer(this.servers, (endpoint) =>
      this.#rates.answered(endpoint),
    );
    this.#recordFailedProbes(record);
  }

  /** @param opened Owns the environment's parts, and closes them with it. */
  static async start(opened: OpenResources, parts: EnvironmentParts): Promise<RunningEnvironment> {
    const environment = new RunningEnvironment(opened, parts);
    parts.loadBalancerListening.server.on(
      "request",
      environment.#loadBalancer.listener(parts.loadBalancerListening.port),
    );
    await environment.#appServers.startAll();
    return environment;
  }

  get view(): EnvironmentView {
    const { topology, failback } = this.#appServers.mode;
    const agreed = this.servers.flatMap(({ agreement }) => agreement ?? []);
    const [agreement] = agreed.sort((a, b) => b.epoch - a.epoch);
    return {
      mode: this.#emulatedRegions.length > 0 ? "emulated" : "azure",
      topology,
      failback,
      endpoints: this.#endpoints.map((name) => ({
        name,
        fault: this.#emulatedRegions.find((region) => region.name === name)?.fault ?? null,
        isDrained: this.#appServers.isDrained(name),
        isForced: this.#appServers.isForced(name),
      })),
      servers: this.servers.map(({ view }) => view),
      clientCounts: { wanted: this.clients.wanted, connected: this.clients.connected },
      broadcastEveryInMs: this.#broadcasts.everyInMs,
      isComparing: this.#crowds.isComparing,
      agreement: agreement ? { epoch: agreement.epoch, active: agreement.active } : null,
    };
  }

  get clients(): ClientProcess {
    return this.#crowds.ours;
  }

  get microsoftClients(): readonly ClientView[] {
    return this.#crowds.microsoft.views;
  }

  get figures(): FiguresView {
    return this.#crowds.figures;
  }

  get log(): ObservableLog<LogLine> {
    return this.#logLines.log;
  }

  get events(): ObservableLog<DemoEvent> {
    return this.#eventRecorder.log;
  }

  get rates(): ObservableLog<RatesView> {
    return this.#rates.log;
  }

  get negotiateHandler(): RequestHandler {
    return this.#loadBalancer.handler;
  }

  async setFault(endpoint: string, fault: FaultName | null): Promise<void> {
    this.#assertEndpoint(endpoint);
    const region = this.#emulatedRegions.find(({ name }) => name === endpoint);
    if (!region) {
      throw new RequestError(
        409,
        `${endpoint} is a real instance, which nobody can break from here; the portal can disable its public network access.`,
      );
    }
    await region.setFault(fault, () => {
      const event = faultEvent(endpoint, fault);
      // What healing leads to belongs to what was broken.
      if (fault !== null) this.#crowds.beginIncident(incidentText(event));
      this.#eventRecorder.record(event);
    });
  }

  async operate(endpoint: string, order: OperatorOrder): Promise<void> {
    this.#assertEndpoint(endpoint);
    if (order !== "undrain" && order !== "unforce")
      this.#crowds.beginIncident(incidentText(operatorEvent(endpoint, order)));
    await this.#appServers.operate(endpoint, order);
  }

  async stopServer(region: string): Promise<void> {
    const { isRunning } = this.#appServers.server(region);
    if (isRunning) this.#crowds.beginIncident(incidentText(serverEvent(region, "stop")));
    await this.#appServers.stop(region);
  }

  async startServer(region: string): Promise<void> {
    await this.#appServers.start(region);
  }

  async setTopology(topology: Topology): Promise<void> {
    await this.#appServers.setTopology(topology);
  }

  async setFailback(failback: Failback): Promise<void> {
    await this.#appServers.setFailback(failback);
  }

  compare(isOn: boolean): void {
    this.#crowds.compare(isOn);
  }

  setBroadcasts(everyInMs: number): void {
    this.#broadcasts.setEvery(everyInMs);
  }

  async broadcast(region: string, text: string): Promise<FanOutReport> {
    const { pubsub } = this.#appServers.server(region);
    if (pubsub) return this.#broadcasts.send(pubsub, region, text);
    throw new RequestError(409, `The app server in ${region} is stopped; start it first.`);
  }

  async negotiate(homeRegion: string): Promise<{ endpoint: string; url: string }> {
    this.#appServers.server(homeRegion);
    const { body, endpoint, status } = await this.#loadBalancer.negotiate(
      new URLSearchParams({ home: homeRegion, user: "operator" }),
    );
    if (endpoint !== null) return JSON.parse(body) as { endpoint: string; url: string };
    const { detail } = JSON.parse(body) as { detail?: string };
    throw new RequestError(status, detail ?? `Negotiate was answered ${status}.`);
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  #assertEndpoint(name: string): void {
    if (this.#endpoints.includes(name)) return;
    throw new RequestError(404, `There is no endpoint ${JSON.stringify(name)}.`);
  }

  #recordFailedProbes(record: EventRecorder["record"]): void {
    const failedProbes = new FailedProbes(this.servers, record);
    const timer = setInterval(() => failedProbes.check(), CHECK_PROBES_EVERY_IN_MS).unref();
    this.#opened.add({ close: () => clearInterval(timer) });
  }
}
