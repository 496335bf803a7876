import type { EndpointOptions, HealthOptions } from "express-resilient-pubsub";
import { openAll } from "../kit/open-all.ts";
import { ChildProgram } from "../processes/program.ts";
import type {
  EmulatorMessage,
  EmulatorSettings,
  ServerMessage,
  ServerSettings,
  ServerStatus,
} from "./process-messages.ts";
import { type StoreKind, type StoreServer, startStore } from "./store-servers.ts";

const FOLDER = "demo-app/client-client-drill";

/** An emulated instance of the service. */
export class Region {
  readonly name: string;
  #program: ChildProgram<EmulatorMessage>;
  #connectionString = "";

  private constructor(name: string) {
    this.name = name;
    this.#program = programOf({ port: 0 });
  }

  static async start(name: string): Promise<Region> {
    const region = new Region(name);
    await region.#serves();
    return region;
  }

  get connectionString(): string {
    return this.#connectionString;
  }

  kill(): Promise<void> {
    return this.#program.kill();
  }

  /** On the same port, with the same key, and nothing else of what it was. */
  async revive(): Promise<void> {
    const [, port, accessKey] =
      /Endpoint=http:\/\/[^:]+:(\d+);AccessKey=([^;]+)/.exec(this.#connectionString) ?? [];
    this.#program = programOf({ port: Number(port), accessKey });
    await this.#serves();
  }

  pause(): void {
    this.#program.pause();
  }

  resume(): void {
    this.#program.resume();
  }

  close(): Promise<void> {
    return this.#program.kill();
  }

  async #serves(): Promise<void> {
    this.#connectionString = (await this.#program.firstMessage(() => true)).connectionString;
  }
}

function programOf(settings: EmulatorSettings): ChildProgram<EmulatorMessage> {
  return new ChildProgram(`${FOLDER}/emulator-program.ts`, settings);
}

/** One of the app servers that agree. */
export class AppServer {
  readonly name: string;
  readonly #settings: ServerSettings;
  #program: ChildProgram<ServerMessage>;
  #url = "";
  #port = 0;
  isRunning = false;

  private constructor(name: string, settings: ServerSettings) {
    this.name = name;
    this.#settings = settings;
    this.#program = this.#newProgram();
  }

  static async start(name: string, settings: ServerSettings): Promise<AppServer> {
    const server = new AppServer(name, settings);
    await server.#listens();
    return server;
  }

  get url(): string {
    return this.#url;
  }

  /** What it has sent since it was started, and will send. */
  get messages(): ChildProgram<ServerMessage>["messages"] {
    return this.#program.messages;
  }

  async status(): Promise<ServerStatus> {
    const response = await fetch(`${this.#url}/drill/status`);
    return (await response.json()) as ServerStatus;
  }

  /** @throws Error that says why not */
  async switchTo(endpoint: string): Promise<void> {
    const response = await fetch(`${this.#url}/drill/switch/${endpoint}`, { method: "POST" });
    if (!response.ok) throw new Error(await response.text());
  }

  async kill(): Promise<void> {
    this.isRunning = false;
    await this.#program.kill();
  }

  async revive(): Promise<void> {
    this.#program = this.#newProgram();
    await this.#listens();
  }

  close(): Promise<void> {
    return this.kill();
  }

  #newProgram(): ChildProgram<ServerMessage> {
    return new ChildProgram(`${FOLDER}/app-server-program.ts`, {
      ...this.#settings,
      port: this.#port,
    });
  }

  async #listens(): Promise<void> {
    const message = await this.#program.firstMessage(({ kind }) => kind === "listening");
    if (message.kind !== "listening") return;
    this.#url = message.url;
    this.#port = message.port;
    this.isRunning = true;
  }
}

export interface ClusterOptions {
  readonly store: StoreKind;
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  readonly health?: HealthOptions;
}

/** Two regions, three app servers and what they agree over, each in a process of its own. */
export interface Cluster {
  readonly eastus: Region;
  readonly westus: Region;
  readonly servers: readonly AppServer[];
  readonly store: StoreServer;
  close(): Promise<void>;
}

export function startCluster(options: ClusterOptions): Promise<Cluster> {
  return openAll(async (opened) => {
    const [store, eastus, westus] = await Promise.all([
      startStore(options.store).then((it) => opened.add(it)),
      Region.start("eastus").then((it) => opened.add(it)),
      Region.start("westus").then((it) => opened.add(it)),
    ]);
    const endpoints: EndpointOptions[] = [
      { name: "eastus", role: "primary", connectionString: eastus.connectionString },
      { name: "westus", role: "secondary", connectionString: westus.connectionString },
    ];
    const settings = { ...options, port: 0, endpoints, store: store.settings };
    const servers = await Promise.all(
      ["app-1", "app-2", "app-3"].map((name) =>
        AppServer.start(name, settings).then((it) => opened.add(it)),
      ),
    );
    return { eastus, westus, servers, store, close: () => opened.close() };
  });
}
