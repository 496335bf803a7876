import { isResilientPubSubError, type ResilientPubSub } from "express-resilient-pubsub";
import { SerialQueue } from "../../src/kit/serial-queue.ts";
import { RequestError } from "../contract/environment.ts";
import type { Failback, Topology } from "../contract/live.ts";
import type { Told } from "../events/event-recorder.ts";
import {
  failbackTold,
  type OperatorOrder,
  orderTold,
  serverTold,
  topologyTold,
} from "../events/operator-events.ts";
import type { AppServer, PluginRecipe } from "./app-server.ts";
import { homeGroup, type Mode, PluginOptions } from "./plugin-options.ts";

/** All app servers, and the orders that are for each of them. One order at a time. */
export class Fleet {
  readonly servers: readonly AppServer[];
  readonly #tell: (told: Told) => void;
  readonly #orders = new SerialQueue();
  readonly #options = new PluginOptions();
  readonly #drained = new Set<string>();
  #forced: string | null = null;
  #mode: Mode = { topology: "client-server", failback: "natural" };

  constructor(servers: readonly AppServer[], tell: (told: Told) => void) {
    this.servers = servers;
    this.#tell = tell;
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
    await this.#orders.run(() => this.#all(this.servers, (it) => it.start(this.#recipe(it))));
  }

  start(region: string): Promise<void> {
    const server = this.server(region);
    return this.#orders.run(async () => {
      if (server.isRunning) return;
      await server.start(this.#recipe(server));
      this.#tell(serverTold(region, "start"));
    });
  }

  stop(region: string): Promise<void> {
    const server = this.server(region);
    return this.#orders.run(async () => {
      if (!server.isRunning) return;
      // Told first, because what it leads to is told while it ends.
      this.#tell(serverTold(region, "stop"));
      await server.stop();
    });
  }

  operate(endpoint: string, order: OperatorOrder): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.topology === "client-client" && order === "force") {
        await this.#switchTo(endpoint);
        return;
      }
      if (!this.#takeDown(endpoint, order)) return;
      this.#tell(orderTold(endpoint, order));
      for (const { pubsub } of this.running) if (pubsub) give(pubsub, endpoint, order);
    });
  }

  setTopology(topology: Topology): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.topology === topology) return;
      const crowded = this.running[0]?.agreement?.active;
      // Where all agree, one server has nothing to prefer.
      this.#forced = null;
      this.#tell(topologyTold(topology));
      await this.#change({ ...this.#mode, topology });
      if (topology === "client-server") await this.#sendHome(crowded);
    });
  }

  setFailback(failback: Failback): Promise<void> {
    return this.#orders.run(async () => {
      if (this.#mode.failback === failback) return;
      this.#tell(failbackTold(failback));
      await this.#change({ ...this.#mode, failback });
    });
  }

  async close(): Promise<void> {
    await this.#orders.run(() => this.#all(this.servers, (server) => server.close()));
  }

  async #change(mode: Mode): Promise<void> {
    this.#mode = mode;
    await this.#all(this.running, (server) => server.renew(this.#recipe(server)));
  }

  async #all(
    servers: readonly AppServer[],
    change: (server: AppServer) => Promise<void>,
  ): Promise<void> {
    await Promise.all(servers.map(change));
  }

  /** Nobody else would: clients of all regions are where the app servers had agreed. */
  async #sendHome(crowded: string | undefined): Promise<void> {
    const reason = "each region has its own endpoint again";
    const away = this.running.filter(({ view }) => view.answers !== crowded);
    await this.#all(away, async ({ region, pubsub }) => {
      // Who cannot be reached comes home when it reconnects.
      await pubsub
        ?.group(homeGroup(region))
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
      if (isResilientPubSubError(error)) throw new RequestError(409, `${error.message}.`);
      throw error;
    }
    this.#tell(orderTold(endpoint, "force"));
  }

  /** @returns whether it changes anything */
  #takeDown(endpoint: string, order: OperatorOrder): boolean {
    if (order === "drain") return !this.#drained.has(endpoint) && !!this.#drained.add(endpoint);
    if (order === "undrain") return this.#drained.delete(endpoint);
    const isChange = (this.#forced === endpoint) === (order === "unforce");
    if (isChange) this.#forced = order === "force" ? endpoint : null;
    return isChange;
  }

  #recipe({ home }: AppServer): PluginRecipe {
    return {
      options: this.#options.of(home, this.#mode),
      prepare: (pubsub) => {
        for (const endpoint of this.#drained) give(pubsub, endpoint, "drain");
        if (this.#forced !== null) give(pubsub, this.#forced, "force");
      },
    };
  }
}

function give({ endpoints }: ResilientPubSub, endpoint: string, order: OperatorOrder): void {
  if (order === "drain") endpoints.drain(endpoint);
  else if (order === "undrain") endpoints.undrain(endpoint);
  else if (order === "force") endpoints.forceFailover(endpoint);
  else endpoints.clearForce();
}
