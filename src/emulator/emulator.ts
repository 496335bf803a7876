import { Doorkeeper } from "./clients/doorkeeper.ts";
import { Sessions } from "./clients/sessions.ts";
import { EmulatorError } from "./errors.ts";
import { type ActiveFault, type Fault, parseFault } from "./faults/fault.ts";
import { judge } from "./faults/verdict.ts";
import { Front } from "./http/front.ts";
import { Listener } from "./http/listener.ts";
import { Hubs } from "./hub/hubs.ts";
import {
  defaultHubSettings,
  type EmulatorConfiguration,
  type EmulatorOptions,
  type HubOptions,
  type HubSettings,
  parseEmulatorOptions,
  parseHubOptions,
  parseRestartOptions,
  type RestartOptions,
} from "./options.ts";
import { RestService } from "./rest/rest-service.ts";
import { Serial } from "./serial.ts";
import { Access } from "./tokens/access.ts";
import { Upstream } from "./upstream/upstream.ts";

/** `down` is a crash or the middle of a restart: the port refuses. */
export type EmulatorState = "starting" | "running" | "down" | "closed";

const restartReason = "Service reload";
const restartGraceInMs = 1000;
const relistenAttempts = 40;
const relistenDelayInMs = 50;

/**
 * Starts a local Azure Web PubSub. It listens when the promise resolves.
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS`, `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`; then
 *   nothing is left open.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return Emulator.start(options);
}

/** One service instance on this machine, which can be broken and mended at will. */
export class Emulator {
  readonly #configuration: EmulatorConfiguration;
  readonly #settings: Map<string, HubSettings>;
  readonly #hubs = new Hubs();
  readonly #sessions = new Sessions();
  readonly #upstream: Upstream;
  readonly #front: Front;
  readonly #listener: Listener;
  readonly #serial = new Serial();
  #state: EmulatorState = "starting";
  #fault: ActiveFault | undefined;
  #port: number;
  #closing: Promise<void> | undefined;

  /** @internal Use `startEmulator`. */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const emulator = new Emulator(parseEmulatorOptions(options));
    try {
      await emulator.#listen();
    } catch (error) {
      await emulator.close();
      throw error;
    }
    return emulator;
  }

  private constructor(configuration: EmulatorConfiguration) {
    this.#configuration = configuration;
    this.#port = configuration.port;
    this.#settings = new Map(configuration.hubs);
    const accessKeys = [configuration.accessKey, configuration.secondaryAccessKey];
    const access = new Access(accessKeys, () => this.endpoint);
    const settingsOf = (hub: string): HubSettings => this.#settings.get(hub) ?? defaultHubSettings;
    const hubs = this.#hubs;
    this.#upstream = new Upstream({ accessKeys, origin: () => this.#authority, settingsOf });
    const rest = new RestService({ access, hubs });
    const doorkeeper = new Doorkeeper({
      access,
      hubs,
      settingsOf,
      sessions: this.#sessions,
      upstream: this.#upstream,
    });
    this.#front = new Front({
      judge: () => judge(this.#fault),
      answer: (request) => rest.answer(request),
      upgrade: (upgrade) => doorkeeper.receive(upgrade),
    });
    this.#listener = new Listener(this.#front.server);
  }

  get state(): EmulatorState {
    return this.#state;
  }

  /** The base of every URL of the service, such as `http://127.0.0.1:8080`. */
  get endpoint(): string {
    return `http://${this.#authority}`;
  }

  /** Ready for `new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true })`. */
  get connectionString(): string {
    return `Endpoint=${this.endpoint};AccessKey=${this.#configuration.accessKey};Version=1.0;`;
  }

  /** The port listened on; it stays the same through crashes and restarts. */
  get port(): number {
    return this.#port;
  }

  /**
   * Replaces the settings of a hub, from the next handshake and event on.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS`.
   */
  setHub(name: string, options: HubOptions): void {
    const [hub, settings] = parseHubOptions(name, options);
    this.#settings.set(hub, settings);
    this.#upstream.forgetValidations();
  }

  /**
   * Breaks the service until `clear`, `restart` or the next fault, which takes this one's place.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS`, `ERR_NOT_IMPLEMENTED` or `ERR_EMULATOR_CLOSED`.
   */
  async inject(fault: Fault): Promise<void> {
    const parsed = parseFault(fault);
    await this.#change(async () => {
      await this.#lift();
      await this.#apply(parsed);
    });
  }

  /**
   * Takes the fault away, if there is one.
   *
   * @throws EmulatorError `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` when somebody has taken the
   *   port of the crashed service; it stays crashed then.
   */
  async clear(): Promise<void> {
    await this.#change(() => this.#lift());
  }

  /**
   * Stops and starts again on the same port, as in a maintenance: clients are told and closed with
   * 1001. A fault that was on is gone afterwards.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS`, `ERR_NOT_IMPLEMENTED` for `keepState: true`, or
   *   `ERR_EMULATOR_CLOSED`.
   */
  async restart(options: RestartOptions = { keepState: false }): Promise<void> {
    if (parseRestartOptions(options).keepState) {
      throw new EmulatorError(
        "ERR_NOT_IMPLEMENTED",
        "Only restart({ keepState: false }) is built.",
      );
    }
    await this.#change(async () => {
      await this.#lift();
      this.#state = "down";
      this.#sessions.end({ code: 1001, reason: restartReason, announced: true });
      await this.#listener.drain(restartGraceInMs);
      this.#hubs.clear();
      await this.#relisten();
    });
  }

  /**
   * Ends everything that is open, without a word to clients and app servers; nothing is left that
   * would keep the process alive. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#serial.run(async () => {
      this.#state = "closed";
      this.#upstream.close();
      await this.#listener.stop();
    });
    return this.#closing;
  }

  /** Host and port, as they stand in URLs. */
  get #authority(): string {
    const { host } = this.#configuration;
    // A wildcard is an address to listen on, not one to connect to.
    const name = ["0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host;
    return `${name.includes(":") ? `[${name}]` : name}:${this.#port}`;
  }

  /** Changes of the service come one after the other, and none after its end. */
  async #change(task: () => Promise<void>): Promise<void> {
    if (this.#closing) throw new EmulatorError("ERR_EMULATOR_CLOSED", "The emulator is closed.");
    await this.#serial.run(task);
  }

  async #apply(fault: ActiveFault): Promise<void> {
    this.#fault = fault;
    switch (fault.kind) {
      case "crash":
        this.#state = "down";
        // First of all: what the sessions say when their sockets end must not be heard any more.
        this.#upstream.abort();
        this.#hubs.clear();
        return this.#listener.stop();
      case "blackhole":
        return this.#sessions.mute();
      case "unhealthy":
        return;
    }
  }

  async #lift(): Promise<void> {
    if (this.#state === "down") await this.#relisten();
    const isBlackhole = this.#fault?.kind === "blackhole";
    this.#fault = undefined;
    this.#front.dropHeld();
    if (isBlackhole) this.#sessions.unmute();
  }

  async #listen(): Promise<void> {
    this.#port = await this.#listener.listen(this.#port, this.#configuration.host);
    this.#state = "running";
  }

  /**
   * While we did not listen the port was anybody's; an outgoing connection of another process may
   * sit on it for a moment, so one refusal is not the last word.
   */
  async #relisten(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listen();
      } catch (error) {
        if (attempt === relistenAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, relistenDelayInMs));
      }
    }
  }
}
