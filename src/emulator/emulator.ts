import { SerialQueue } from "../kit/serial-queue.ts";
import { Admin, adminPath } from "./admin/admin.ts";
import { AdminPort } from "./admin/admin-port.ts";
import { describeHubs } from "./admin/describe-hubs.ts";
import type { EmulatorOptions, HubOptions, TlsCertificate } from "./contract/emulator-options.ts";
import { EmulatorError } from "./contract/errors.ts";
import type { Fault } from "./contract/fault.ts";
import type { DropOptions, KeyName, RestartOptions } from "./contract/operation-options.ts";
import { Breakage } from "./faults/breakage.ts";
import { createDice, type Dice, drawShare } from "./faults/dice.ts";
import { type ActiveFault, parseFaults } from "./faults/fault-options.ts";
import { Address, connectionStringOf, hostsOf } from "./http/address.ts";
import { obtainCertificate } from "./http/certificate.ts";
import {
  type EmulatorConfiguration,
  parseEmulatorOptions,
} from "./options/emulator-configuration.ts";
import { parseHubOptions } from "./options/hub-schema.ts";
import {
  parseDropOptions,
  parseKeyRotation,
  parseRestartOptions,
} from "./options/operation-options.ts";
import type { Observe } from "./reporting/activity-observer.ts";
import { createObserver } from "./reporting/activity-observer.ts";
import { warn } from "./reporting/warnings.ts";
import { Service } from "./service.ts";
import { AccessKeys } from "./tokens/access-keys.ts";

/** `down` is a crash or the middle of a restart: the port refuses. */
export type EmulatorState = "starting" | "running" | "down" | "closed";

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
  readonly #certificate: TlsCertificate | undefined;
  readonly #address: Address;
  readonly #keys: AccessKeys;
  readonly #breakage: Breakage;
  readonly #service: Service;
  readonly #adminPort: AdminPort | undefined;
  readonly #observe: Observe;
  readonly #lots: Dice;
  readonly #serial = new SerialQueue();
  #state: EmulatorState = "starting";
  #isSilent = false;
  #closing: Promise<void> | undefined;

  /** @internal Use `startEmulator`. */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const configuration = parseEmulatorOptions(options);
    const certificate = await obtainCertificate(configuration.tls, hostsOf(configuration));
    const emulator = new Emulator(configuration, certificate);
    try {
      await emulator.#open();
    } catch (error) {
      await emulator.close();
      throw error;
    }
    return emulator;
  }

  private constructor(
    configuration: EmulatorConfiguration,
    certificate: TlsCertificate | undefined,
  ) {
    const { accessKey, secondaryAccessKey, seed, admin, onActivity } = configuration;
    this.#configuration = configuration;
    this.#certificate = certificate;
    this.#address = new Address(configuration);
    this.#keys = new AccessKeys(accessKey, secondaryAccessKey);
    this.#lots = createDice(seed);
    this.#observe = createObserver(onActivity);
    this.#breakage = new Breakage({ seed, onTimeUp: (fault) => void this.#heal(fault) });
    const door = this.#createAdmin(admin === true);
    this.#adminPort = typeof admin === "object" ? new AdminPort(door, admin.port) : undefined;
    this.#service = new Service({
      configuration,
      address: this.#address,
      keys: this.#keys,
      breakage: this.#breakage,
      certificate,
      admin: admin === true ? door : undefined,
      observe: this.#observe,
    });
  }

  get state(): EmulatorState {
    return this.#state;
  }

  /** The base of every URL of the service, such as `http://127.0.0.1:8080`. */
  get endpoint(): string {
    return this.#address.endpoint;
  }

  /** Ready for `new WebPubSubServiceClient(connectionString, hub, { allowInsecureConnection: true })`. */
  get connectionString(): string {
    return connectionStringOf(this.endpoint, this.#keys.primary);
  }

  /** As `connectionString`, with the second key. */
  get secondaryConnectionString(): string {
    return connectionStringOf(this.endpoint, this.#keys.secondary);
  }

  /** The port listened on; it stays the same through crashes and restarts. */
  get port(): number {
    return this.#address.port;
  }

  /** The certificate in PEM, for clients to trust (`ca`); undefined without `tls`. */
  get certificate(): string | undefined {
    return this.#certificate?.cert;
  }

  /** The URL of the admin route; undefined when it is off. */
  get adminEndpoint(): string | undefined {
    if (this.#adminPort) return this.#adminPort.url;
    return this.#configuration.admin === true ? `${this.#address.local}${adminPath}` : undefined;
  }

  /**
   * Replaces the settings of a hub, from the next handshake and event on.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS`.
   */
  setHub(name: string, options: HubOptions): void {
    const [hub, settings] = parseHubOptions(name, options);
    this.#service.settings.set(hub, settings);
    this.#service.upstream.forgetValidations();
  }

  /**
   * Gives the service another key, a random one by default, and returns it. What the old one has
   * signed is refused at once; open clients stay.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`.
   */
  rotateKey(which: KeyName, newKey?: string): string {
    const rotation = parseKeyRotation({ which, newKey });
    this.#assertOpen();
    this.#keys.replace(rotation.which, rotation.newKey);
    return rotation.newKey;
  }

  /**
   * Cuts open clients off without a close frame, as a broken network does; reliable ones can
   * recover. Which ones is drawn by lot. Returns how many.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`.
   */
  dropSockets(options: DropOptions = {}): number {
    const { share } = parseDropOptions(options);
    this.#assertOpen();
    const dropped = drawShare(this.#service.sessions.open(), share, this.#lots);
    for (const session of dropped) session.drop();
    return dropped.length;
  }

  /**
   * Breaks the service, in one way or in several at once, which are judged in their order; until
   * `clear`, `restart` or the next call, whose faults take the place of these.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`.
   */
  async inject(faults: Fault | readonly Fault[]): Promise<void> {
    const parsed = parseFaults(faults);
    await this.#change(() => this.#replaceFaults(parsed));
  }

  /**
   * Takes all faults away, if there are any.
   *
   * @throws EmulatorError `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` when somebody has taken the
   *   port of the crashed service; it stays crashed then.
   */
  async clear(): Promise<void> {
    await this.#change(() => this.#replaceFaults([]));
  }

  /**
   * Stops and starts again on the same port, as in a maintenance: clients are told and closed with
   * 1001. Faults that were on are gone afterwards.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` as
   *   with `clear`.
   */
  async restart(options: RestartOptions = { keepState: false }): Promise<void> {
    const { keepState } = parseRestartOptions(options);
    await this.#change(async () => {
      await this.#replaceFaults([]);
      this.#state = "down";
      await this.#service.shutDown({ keepState });
      await this.#comeUp();
    });
  }

  /**
   * Ends everything that is open, without a word to clients and app servers; nothing is left that
   * would keep the process alive. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#serial.run(async () => {
      this.#state = "closed";
      const faults = this.#breakage.faults;
      this.#breakage.replace([]);
      await Promise.all([this.#service.close(), this.#adminPort?.stop()]);
      this.#service.front.release(faults);
    });
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing) throw new EmulatorError("ERR_EMULATOR_CLOSED", "The emulator is closed.");
  }

  /** Changes of the service come one after the other, and none after its end. */
  async #change(task: () => Promise<void>): Promise<void> {
    this.#assertOpen();
    await this.#serial.run(task);
  }

  async #replaceFaults(faults: readonly ActiveFault[]): Promise<void> {
    const over = this.#breakage.faults;
    if (this.#state === "down" && !faults.some(isCrash)) await this.#comeUp();
    this.#breakage.replace(faults);
    await this.#takeEffect(over);
  }

  /** The time of the fault is up. */
  async #heal(fault: ActiveFault): Promise<void> {
    if (this.#closing) return;
    try {
      await this.#serial.run(async () => {
        if (!this.#breakage.faults.includes(fault)) return;
        if (isCrash(fault)) await this.#comeUp();
        this.#breakage.end(fault);
        await this.#takeEffect([fault]);
      });
    } catch (error) {
      warn("The service could not come back and stays crashed.", error);
    }
  }

  async #takeEffect(over: readonly ActiveFault[]): Promise<void> {
    const { faults, silencesClients } = this.#breakage;
    const { sessions, front } = this.#service;
    front.release(over);
    if (faults.some(isCrash)) await this.#crash();
    else if (silencesClients && !this.#isSilent) sessions.mute();
    else if (this.#isSilent && !silencesClients) sessions.unmute();
    this.#isSilent = silencesClients;
    if (faults.length + over.length > 0) {
      this.#observe({ kind: "faults", faults: faults.map(({ kind }) => kind) });
    }
  }

  async #crash(): Promise<void> {
    if (this.#state === "down") return;
    this.#state = "down";
    await this.#service.crash();
  }

  async #open(): Promise<void> {
    await this.#service.listen();
    await this.#adminPort?.listen();
    this.#state = "running";
  }

  async #comeUp(): Promise<void> {
    await this.#service.listenAgain();
    this.#state = "running";
  }

  #createAdmin(sharesPort: boolean): Admin {
    const describe = (): object => ({
      endpoint: this.endpoint,
      state: this.#state,
      faults: this.#breakage.faults,
      seed: this.#configuration.seed,
      hubs: describeHubs(this.#service.settings.keys(), this.#service.sessions.open()),
    });
    return new Admin({ emulator: this, describe, sharesPort });
  }
}

const isCrash = ({ kind }: ActiveFault): boolean => kind === "crash";
