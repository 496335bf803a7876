import { randomBytes } from "node:crypto";
import type { EndpointOptions } from "express-resilient-pubsub";
import { listenOn } from "../../demo-app/http/listen.ts";
import type { OpenResources } from "../../demo-app/kit/open-all.ts";
import { onOwnPort } from "../support/own-port.ts";
import { closingsTap } from "./network/closings-tap.ts";
import type { Network } from "./network/network.ts";
import { MemberProcess, type ProcessContext } from "./processes/member-process.ts";
import type {
  ClientSettings,
  ClientsSettings,
  EndpointSettings,
  ServerSettings,
} from "./programs/program-messages.ts";
import { now, type Settings } from "./recording/entry.ts";
import type { Side, StoreCluster } from "./stores/store-cluster.ts";

const CLIENTS_A_PROCESS = 10;

/** Starts all processes of a run, each with links of its own to all others that it speaks to. */
export class Members {
  readonly #settings: Settings;
  readonly #folder: string;
  readonly #context: ProcessContext;
  readonly #network: Network;
  readonly #store: StoreCluster;
  readonly #sides: ReadonlyMap<string, Side>;
  readonly #opened: OpenResources;
  readonly #accessKey = randomBytes(32).toString("base64");
  readonly #ports = new Map<string, number>();

  constructor(
    settings: Settings,
    folder: string,
    context: ProcessContext,
    network: Network,
    store: StoreCluster,
    sides: ReadonlyMap<string, Side>,
    opened: OpenResources,
  ) {
    this.#settings = settings;
    this.#folder = folder;
    this.#context = context;
    this.#network = network;
    this.#store = store;
    this.#sides = sides;
    this.#opened = opened;
  }

  async startEndpoints(): Promise<Map<string, MemberProcess>> {
    const endpoints = new Map<string, MemberProcess>();
    for (const name of this.#settings.endpoints) {
      const port = await this.#takePort(name);
      const settings: EndpointSettings = {
        name,
        folder: this.#folder,
        port,
        accessKey: this.#accessKey,
      };
      endpoints.set(
        name,
        this.#member(name, "endpoint-program", () => settings),
      );
    }
    await Promise.all([...endpoints.values()].map((endpoint) => endpoint.start()));
    return endpoints;
  }

  async startServers() {
    const servers = new Map<string, MemberProcess>();
    const ports = new Map<MemberProcess, number>();
    for (const name of this.#settings.servers) {
      const port = await this.#takePort(name);
      const settingsOf = await this.#serverSettings(name, port);
      const member = this.#member(name, "server-program", settingsOf);
      servers.set(name, member);
      ports.set(member, port);
    }
    await this.#linkServers(servers);
    await Promise.all([...servers.values()].map((server) => server.start()));
    return { servers, ports };
  }

  async startClients(): Promise<void> {
    const { clients, clientSilenceInMs, clientPauseInMs } = this.#settings;
    const all = await Promise.all(clients.map((client) => this.#clientSettings(client)));
    for (let first = 0; first < all.length; first += CLIENTS_A_PROCESS) {
      const name = `clients-${first / CLIENTS_A_PROCESS + 1}`;
      const settings: ClientsSettings = {
        name,
        folder: this.#folder,
        clients: all.slice(first, first + CLIENTS_A_PROCESS),
        silenceInMs: clientSilenceInMs,
        pauseInMs: clientPauseInMs,
      };
      await this.#member(name, "clients-program", () => settings).start();
    }
  }

  async #linkServers(servers: ReadonlyMap<string, MemberProcess>): Promise<void> {
    const { recorder } = this.#context;
    for (const [server, member] of servers) {
      for (const endpoint of this.#settings.endpoints) {
        const tap = () =>
          closingsTap((signedInMsAgo) => {
            const decidedBy = now() - signedInMsAgo;
            const { run } = member;
            recorder.record({ kind: "closing", server, run, endpoint, decidedBy });
          });
        await this.#network.add(server, endpoint, { target: () => this.#portOf(endpoint), tap });
      }
    }
  }

  async #serverSettings(name: string, port: number): Promise<(run: number) => ServerSettings> {
    const { pollInMs, leaseInMs, endpoints } = this.#settings;
    const storePort = await this.#network.add(name, "store", {
      target: () => this.#store.portOf(this.#sides.get(name) ?? "first"),
    });
    const optionsOf = (endpoint: string, index: number): EndpointOptions => ({
      name: endpoint,
      role: index === 0 ? "primary" : "secondary",
      connectionString: `Endpoint=http://127.0.0.1:${this.#portOf(endpoint)};AccessKey=${this.#accessKey};Version=1.0;`,
      reverseProxyEndpoint: `http://127.0.0.1:${this.#network.portOf(name, endpoint)}`,
    });
    return (run) => ({
      name,
      run,
      folder: this.#folder,
      port,
      endpoints: endpoints.map(optionsOf),
      store: this.#store.accessAt(storePort),
      pollInMs,
      leaseInMs,
      // What is slow to notice that an endpoint has died makes short leases pointless.
      schedule: leaseInMs < 5000 ? "* * * * * *" : "*/5 * * * * *",
    });
  }

  async #clientSettings(name: string): Promise<ClientSettings> {
    const { servers, endpoints } = this.#settings;
    const linkTo = (to: string): Promise<number> =>
      this.#network.add(name, to, { target: () => this.#portOf(to) });
    const serverPorts = await Promise.all(servers.map(linkTo));
    const endpointPorts = await Promise.all(
      endpoints.map(async (to) => [this.#portOf(to), await linkTo(to)]),
    );
    return { name, serverPorts, endpointPorts: Object.fromEntries(endpointPorts) };
  }

  #member(name: string, program: string, settingsOf: (run: number) => object): MemberProcess {
    const member = new MemberProcess(name, program, settingsOf, this.#context);
    return this.#opened.add(member);
  }

  /** A port that nobody else takes while the process is dead. */
  async #takePort(name: string): Promise<number> {
    const port = await onOwnPort(probePort);
    this.#ports.set(name, port);
    return port;
  }

  #portOf(name: string): number {
    return this.#ports.get(name) as number;
  }
}

async function probePort(port: number): Promise<number> {
  const { close } = await listenOn(port);
  await close();
  return port;
}
