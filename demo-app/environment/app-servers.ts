import { isResilientPubSubError, type ResilientPubSub } from "express-resilient-pubsub";
import { SerialQueue } from "../../src/kit/serial-queue.ts";
import { type OperatorOrder, RequestError } from "../contract/environment.ts";
import type { Failback, Topology } from "../contract/live.ts";
import type { EventDescription } from "../events/event-recorder.ts";
import {
  failbackEvent,
  operatorEvent,
  serverEvent,
  topologyEvent,
} from "../events/operator-events.ts";
import type { AppServer, PluginSettings } from "./app-server.ts";
import { CLOSED_PER_SECOND, homeRegionGroup, type Mode, PluginOptions } from "./plugin-options.ts";

/** All app servers, and the orders that are for each of them. One order at a time. */
export class AppServers {
  readonly servers: readonly AppServer[];
  readonly #record: (event: EventDescription) => void;
  readonly #orders = new SerialQueue();
  readonly #options = new PluginOptions();
  readonly #drained = new Set<string>();
  #forced: string | null = null;
  #mode: Mode = { topology: "client-server", failback: "natural" };

  constructor(servers: readonly AppServer[], record: (event: EventDescription) => void) {
    this.servers = servers;
    this.#record = record;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get running(): readonly AppServer[] {
    return this.servers.filter(({ isRunning }) => isRunning);
  }

  isDrained(endpoint: string): boolean {
    return this.#drained.has(endpoint);
  }

  isForced(endpoint: string): boolean {
    return this.#forced === endpoint;
  }

  /** @throws RequestError when there is none in this region */
  server(region: string): AppServer {
    const server = this.servers.find((it) => it.region === region);
    if (server) return server;
    throw new RequestError(404, `There is no app server in ${JSON.stringify(region)}.`);
  }

  async startAll(): Promise<void> {
    await this.#orders.run(() => this.#all(this.servers, (it) => it.start(this.#settingsFor(it))));
  }

  start(region: string): Promise<void> {
    const server = this.server(region);
    return this.#orders.run(async () => {
      if (server.isRunning) return;
      await server.start(this.#settingsFor(server));
      this.#record(serverEvent(region, "start"));
    });
  }

  stop(region: string): Promise<void> {
    const server = this.server(region);
    return this.#orders.run(async () => {
      if (!server.isRunning) return;
      // Recorded first, because what it leads to is recorded while it ends.
      this.#record(serverEvent(region, "stop"));
      await server.stop();
    });
  }

  operate(endpoint: string, order: OperatorOrder): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.topology === "client-client" && order === "force") {
        await this.#switchTo(endpoint);
        return;
      }
      if (!this.#noteOrder(endpoint, order)) return;
      this.#record(operatorEvent(endpoint, order));
      try {
        for (const { pubsub } of this.running) if (pubsub) applyOrder(pubsub, endpoint, order);
      } catch (error) {
        // Nothing has changed: nobody else could take the clients.
        if (order === "evacuate") this.#drained.delete(endpoint);
        throw refusedError(error);
      }
    });
  }

  setTopology(topology: Topology): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.topology === topology) return;
      const active = this.running[0]?.agreement?.active;
      // Where all agree, one server has nothing to prefer.
      this.#forced = null;
      this.#record(topologyEvent(topology));
      await this.#change({ ...this.#mode, topology });
      if (topology === "client-server") await this.#closeDisplaced(active);
    });
  }

  setFailback(failback: Failback): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.failback === failback) return;
      this.#record(failbackEvent(failback));
      await this.#change({ ...this.#mode, failback });
    });
  }

  async close(): Promise<void> {
    await this.#orders.run(() => this.#all(this.servers, (server) => server.close()));
  }

  async #change(mode: Mode): Promise<void> {
    this.#mode = mode;
    await this.#all(this.running, (server) => server.renew(this.#settingsFor(server)));
  }

  async #all(
    servers: readonly AppServer[],
    change: (server: AppServer) => Promise<void>,
  ): Promise<void> {
    await Promise.all(servers.map(change));
  }

  /** Nobody else would: clients of all regions are where the app servers had agreed. */
  async #closeDisplaced(active: string | undefined): Promise<void> {
    const reason = "each region has its own endpoint again";
    const away = this.running.filter(({ view }) => view.answers !== active);
    await this.#all(away, async ({ region, pubsub }) => {
      // Who cannot be reached is sent to its primary when it reconnects.
      await pubsub
        ?.group(homeRegionGroup(region))
        .closeAllConnections({ reason })
        .catch(() => {});
    });
  }

  async #switchTo(endpoint: string): Promise<void> {
    const [server] = this.running;
    if (!server?.pubsub) throw new RequestError(409, "No app server is running; start one.");
    if (server.agreement?.active === endpoint) return;
    try {
      await server.pubsub.coordination.switchTo(endpoint);
    } catch (error) {
      throw refusedError(error);
    }
    this.#record(operatorEvent(endpoint, "force"));
  }

  /** @returns whether it changes anything */
  #noteOrder(endpoint: string, order: OperatorOrder): boolean {
    if (order === "drain") return !this.#drained.has(endpoint) && !!this.#drained.add(endpoint);
    if (order === "evacuate") return !!this.#drained.add(endpoint);
    if (order === "undrain") return this.#drained.delete(endpoint);
    const isChange = (this.#forced === endpoint) === (order === "unforce");
    if (isChange) this.#forced = order === "force" ? endpoint : null;
    return isChange;
  }

  #settingsFor({ regionEndpoints }: AppServer): PluginSettings {
    return {
      options: this.#options.of(regionEndpoints, this.#mode),
      prepare: (pubsub) => {
        for (const endpoint of this.#drained) applyOrder(pubsub, endpoint, "drain");
        if (this.#forced !== null) applyOrder(pubsub, this.#forced, "force");
      },
    };
  }
}

function refusedError(error: unknown): unknown {
  return isResilientPubSubError(error) ? new RequestError(409, `${error.message}.`) : error;
}

function applyOrder({ endpoints }: ResilientPubSub, endpoint: string, order: OperatorOrder): void {
  if (order === "drain") endpoints.drain(endpoint);
  else if (order === "undrain") endpoints.undrain(endpoint);
  // How it ends, its events tell.
  else if (order === "evacuate")
    endpoints.evacuate(endpoint, { connectionsPerSecond: CLOSED_PER_SECOND }).done.catch(() => {});
  else if (order === "force") endpoints.forceFailover(endpoint);
  else endpoints.clearForce();
}
