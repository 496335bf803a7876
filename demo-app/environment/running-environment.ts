import type { RequestHandler } from "express";
import type { FanOutReport } from "express-resilient-pubsub";
import { type MonitoredEnvironment, RequestError } from "../contract/environment.ts";
import type {
  EnvironmentView,
  Failback,
  FaultName,
  Happening,
  RatesView,
  Topology,
} from "../contract/live.ts";
import { ClientHappenings } from "../events/client-events.ts";
import { Chronicle } from "../events/event-recorder.ts";
import { ProbeWatch } from "../events/failed-probes.ts";
import { faultTold, type OperatorOrder } from "../events/operator-events.ts";
import { followPlugin } from "../events/plugin-events.ts";
import type { Listening } from "../http/listen.ts";
import type { Journal } from "../kit/observable-log.ts";
import type { Opened } from "../kit/open-all.ts";
import { CrowdProcess } from "../simulated-clients/client-process.ts";
import { AppServer, type AppServerListener } from "./app-server.ts";
import { Fleet } from "./app-servers.ts";
import type { EmulatedRegion } from "./emulated-region.ts";
import { Balancer } from "./load-balancer.ts";
import { Broadcasts, broadcast } from "./periodic-broadcasts.ts";
import type { Home } from "./plugin-options.ts";
import { Rates } from "./rates.ts";

export interface EnvironmentParts {
  /** One for each app server, and where that listens. */
  readonly places: readonly { readonly home: Home; readonly listening: Listening }[];
  /** Where the load balancer listens. */
  readonly door: Listening;
  /** What can be broken; empty on real Azure. */
  readonly regions: readonly EmulatedRegion[];
}

const LOOK_EVERY_IN_MS = 100;

/** Everything that runs, and the orders that are given to it. */
export class RunningEnvironment implements MonitoredEnvironment {
  readonly crowd: CrowdProcess;
  readonly servers: readonly AppServer[];
  readonly #opened: Opened;
  readonly #door: Listening;
  readonly #regions: readonly EmulatedRegion[];
  readonly #endpoints: readonly string[];
  readonly #chronicle = new Chronicle();
  readonly #fleet: Fleet;
  readonly #balancer: Balancer;
  readonly #broadcasts: Broadcasts;
  readonly #rates: Rates;

  private constructor(opened: Opened, { door, places, regions }: EnvironmentParts) {
    const tell = this.#chronicle.tell.bind(this.#chronicle);
    const clients = new ClientHappenings(tell);
    const listener: AppServerListener = {
      follow: (region, pubsub) => followPlugin(pubsub, region, tell),
      clientSaid: (said) => clients.said(said),
    };
    this.#opened = opened;
    this.#door = door;
    this.#regions = regions;
    this.#endpoints = places[0]?.home.endpoints.map(({ name }) => name) ?? [];
    this.servers = places.map(({ home, listening }) => new AppServer(home, listening, listener));
    this.#fleet = opened.add(new Fleet(this.servers, tell));
    this.#broadcasts = opened.add(new Broadcasts(this.servers));
    this.crowd = this.#startCrowd(clients);
    this.#rates = opened.add(
      new Rates({
        endpoints: this.#endpoints,
        takeDelivered: () => this.crowd.takeDelivered(),
        without: () => Math.max(0, this.crowd.wanted - this.crowd.connected),
        lastMoveP99InMs: () => clients.lastMoveP99InMs,
      }),
    );
    this.#balancer = new Balancer(this.servers, (endpoint) => this.#rates.answered(endpoint));
    this.#watchProbes(tell);
  }

  /** @param opened Owns the environment's parts, and closes them with it. */
  static async start(opened: Opened, parts: EnvironmentParts): Promise<RunningEnvironment> {
    const environment = new RunningEnvironment(opened, parts);
    parts.door.server.on("request", environment.#balancer.listener(parts.door.port));
    await environment.#fleet.startAll();
    return environment;
  }

  get view(): EnvironmentView {
    const { topology, failback } = this.#fleet.mode;
    const agreed = this.servers.flatMap(({ agreement }) => agreement ?? []);
    const [agreement] = agreed.sort((a, b) => b.epoch - a.epoch);
    return {
      mode: this.#regions.length > 0 ? "emulated" : "azure",
      topology,
      failback,
      endpoints: this.#endpoints.map((name) => ({
        name,
        fault: this.#regions.find((region) => region.name === name)?.fault ?? null,
        isDrained: this.#fleet.isDrained(name),
        isForced: this.#fleet.isForced(name),
      })),
      servers: this.servers.map(({ view }) => view),
      crowd: { wanted: this.crowd.wanted, connected: this.crowd.connected },
      broadcastEveryInMs: this.#broadcasts.everyInMs,
      agreement: agreement ? { epoch: agreement.epoch, active: agreement.active } : null,
    };
  }

  get happenings(): Journal<Happening> {
    return this.#chronicle.journal;
  }

  get rates(): Journal<RatesView> {
    return this.#rates.journal;
  }

  get negotiateHandler(): RequestHandler {
    return this.#balancer.handler;
  }

  async setFault(endpoint: string, fault: FaultName | null): Promise<void> {
    this.#assertEndpoint(endpoint);
    const region = this.#regions.find(({ name }) => name === endpoint);
    if (!region) {
      throw new RequestError(
        409,
        `${endpoint} is a real instance, which nobody can break from here; the portal can disable its public network access.`,
      );
    }
    await region.setFault(fault, () => this.#chronicle.tell(faultTold(endpoint, fault)));
  }

  async operate(endpoint: string, order: OperatorOrder): Promise<void> {
    this.#assertEndpoint(endpoint);
    await this.#fleet.operate(endpoint, order);
  }

  async stopServer(region: string): Promise<void> {
    await this.#fleet.stop(region);
  }

  async startServer(region: string): Promise<void> {
    await this.#fleet.start(region);
  }

  async setTopology(topology: Topology): Promise<void> {
    await this.#fleet.setTopology(topology);
  }

  async setFailback(failback: Failback): Promise<void> {
    await this.#fleet.setFailback(failback);
  }

  setBroadcasts(everyInMs: number): void {
    this.#broadcasts.setEvery(everyInMs);
  }

  async broadcast(region: string, text: string): Promise<FanOutReport> {
    const { pubsub } = this.#fleet.server(region);
    if (pubsub) return broadcast(pubsub, region, text);
    throw new RequestError(409, `The app server in ${region} is stopped; start it first.`);
  }

  async negotiate(home: string): Promise<{ endpoint: string; url: string }> {
    this.#fleet.server(home);
    const { body, endpoint, status } = await this.#balancer.ask(
      new URLSearchParams({ home, user: "operator" }),
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

  #startCrowd(clients: ClientHappenings): CrowdProcess {
    this.#opened.add(clients);
    const settings = {
      negotiateUrl: `${this.#door.url}/negotiate`,
      homes: this.servers.map(({ region }) => region),
    };
    return this.#opened.add(
      new CrowdProcess(settings, this.#endpoints, {
        moved: (move) => clients.moved(move),
        lost: (endpoint) => clients.lost(endpoint),
        restarted: (how) => {
          const text = `The process of the crowd has ended (${how}); it is started again`;
          this.#chronicle.tell({ kind: "clients", tone: "bad", text });
        },
      }),
    );
  }

  #watchProbes(tell: Chronicle["tell"]): void {
    const watch = new ProbeWatch(this.servers, tell);
    const timer = setInterval(() => watch.look(), LOOK_EVERY_IN_MS).unref();
    this.#opened.add({ close: () => clearInterval(timer) });
  }
}
