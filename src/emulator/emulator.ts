import type { LookupFunction } from "node:net";
import { ADMIN_PATH, Admin } from "./admin/admin.ts";
import { AdminPort } from "./admin/admin-port.ts";
import { describeHubs } from "./admin/describe-hubs.ts";
import type { EmulatorOptions, HubOptions, TlsCertificate } from "./contract/emulator-options.ts";
import type { Fault } from "./contract/fault.ts";
import type { DropOptions, KeyName, RestartOptions } from "./contract/operation-options.ts";
import { ActiveFaults } from "./faults/active-faults.ts";
import { FaultGate } from "./faults/fault-gate.ts";
import { parseFaults } from "./faults/fault-options.ts";
import { createRandomSource, pickShare, type RandomSource } from "./faults/random-source.ts";
import { Address, connectionStringOf, hostsOf } from "./http/address.ts";
import { obtainCertificate } from "./http/certificate.ts";
import { NameLookup } from "./http/name-lookup.ts";
import { type EmulatorState, Lifecycle } from "./lifecycle.ts";
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
import { createObserver } from "./reporting/activity-observer.ts";
import { Service } from "./service.ts";
import { AccessKeys } from "./tokens/access-keys.ts";

const LONGEST_INTERVAL_IN_MS = 2 ** 31 - 1;

/**
 * Starts a local Azure Web PubSub. It listens when the promise resolves, and does not keep the process
 * alive.
 *
 * @example
 * const eastus = await startEmulator({
 *   hubs: {
 *     chat: {
 *       eventHandlers: [
 *         { urlTemplate: "http://127.0.0.1:3000/api/webpubsub/hubs/{hub}/", userEventPattern: "*" },
 *       ],
 *     },
 *   },
 * });
 * const service = new WebPubSubServiceClient(eastus.connectionString, "chat", {
 *   allowInsecureConnection: true,
 * });
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS`, `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`; then
 *   nothing is left open.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  return Emulator.start(options);
}

/** One service instance on this machine, which can be broken and repaired at will. */
export class Emulator {
  readonly #configuration: EmulatorConfiguration;
  readonly #address: Address;
  readonly #keys: AccessKeys;
  readonly #service: Service;
  readonly #adminPort: AdminPort | undefined;
  readonly #faults: ActiveFaults;
  readonly #lookup: NameLookup;
  readonly #lifecycle: Lifecycle;
  readonly #random: RandomSource;
  #awake: NodeJS.Timeout | undefined;

  /** @internal Use `startEmulator`. */
  static async start(options: EmulatorOptions): Promise<Emulator> {
    const configuration = parseEmulatorOptions(options);
    const certificate = obtainCertificate(configuration.tls, hostsOf(configuration));
    const emulator = new Emulator(configuration, certificate);
    try {
      await emulator.#lifecycle.start();
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
    this.#address = new Address(configuration);
    this.#keys = new AccessKeys(accessKey, secondaryAccessKey);
    this.#random = createRandomSource(seed);
    this.#faults = new ActiveFaults({
      seed,
      onExpired: (fault) => void this.#lifecycle.endFault(fault),
    });
    const observe = createObserver(onActivity);
    const gate = new FaultGate(this.#faults);
    const adminRoute = this.#createAdmin(admin === true);
    this.#adminPort = typeof admin === "object" ? new AdminPort(adminRoute, admin.port) : undefined;
    this.#service = new Service({
      configuration,
      address: this.#address,
      keys: this.#keys,
      gate,
      certificate,
      admin: admin === true ? adminRoute : undefined,
      observe,
    });
    this.#lookup = new NameLookup(this.#address, this.#faults);
    this.#lifecycle = new Lifecycle({
      service: this.#service,
      lookup: this.#lookup,
      adminPort: this.#adminPort,
      faults: this.#faults,
      gate,
      observe,
    });
  }

  /** Whether the service listens at the moment. */
  get state(): EmulatorState {
    return this.#lifecycle.state;
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

  /**
   * The certificate in PEM, for clients to trust (`ca`); undefined without `tls`. One that is made
   * here is followed by that of who issues the bad ones of a `tls` fault.
   */
  get certificate(): string | undefined {
    return this.#service.certificate?.trusted;
  }

  /**
   * Resolves the host name of `endpoint` (`localhost`, when that is an address) to this emulator, and
   * all others as the system does. Takes what `dns.lookup` takes, so it is good for the `lookup` of
   * Node's sockets and of what is built on them. A fault of the kind `dns` acts here, and only here.
   *
   * @example
   * const eastus = await startEmulator({ host: "localhost" });
   * const socket = new WebSocket(url, { lookup: eastus.lookup }); // of the package ws
   * await eastus.inject({ kind: "dns" });
   */
  get lookup(): LookupFunction {
    return this.#lookup.lookup;
  }

  /** The URL of the admin route; undefined when it is off. */
  get adminEndpoint(): string | undefined {
    if (this.#adminPort) return this.#adminPort.url;
    return this.#configuration.admin === true ? `${this.#address.local}${ADMIN_PATH}` : undefined;
  }

  /**
   * Replaces the settings of a hub, from the next handshake and event on.
   *
   * @param name Case is ignored.
   * @throws EmulatorError `ERR_INVALID_OPTIONS`.
   */
  setHub(name: string, options: HubOptions): void {
    const [hub, settings] = parseHubOptions(name, options);
    this.#service.settings.set(hub, settings);
    this.#service.upstream.clearValidations();
  }

  /**
   * Gives the service another key and returns it. What the old one has signed is refused at once;
   * open clients stay.
   *
   * @param newKey Text without spaces and semicolons. Default: 32 random bytes in base64.
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`.
   */
  rotateKey(which: KeyName, newKey?: string): string {
    const rotation = parseKeyRotation({ which, newKey });
    this.#lifecycle.assertOpen();
    this.#keys.replace(rotation.which, rotation.newKey);
    return rotation.newKey;
  }

  /**
   * Cuts open clients off without a close frame, as a broken network does; reliable ones can
   * recover. Which ones is drawn at random. Returns how many.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`.
   */
  dropSockets(options: DropOptions = {}): number {
    const { share } = parseDropOptions(options);
    this.#lifecycle.assertOpen();
    const dropped = pickShare(this.#service.sessions.open(), share, this.#random);
    for (const session of dropped) session.drop();
    return dropped.length;
  }

  /**
   * Breaks the service, in one way or in several at once: each request is given to one fault after
   * the other, in their order, until one decides. They last until `clear`, `restart` or the next
   * call, whose faults take the place of these.
   *
   * @example
   * await eastus.inject({ kind: "unhealthy", status: 503, retryAfterInSeconds: 20 });
   * await eastus.inject([
   *   { kind: "latency", delayInMs: 500, jitterInMs: 200 },
   *   { kind: "throttle", share: 0.3, requestTypes: ["RESTAPI"], durationInMs: 60_000 },
   * ]);
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`; or `ERR_PORT_IN_USE` when
   *   somebody has taken the port of the crashed service, which stays crashed then.
   */
  async inject(faults: Fault | readonly Fault[]): Promise<void> {
    const speaksTls = this.#service.certificate !== undefined;
    await this.#lifecycle.inject(parseFaults(faults, { speaksTls }));
  }

  /**
   * Takes all faults away, if there are any.
   *
   * @throws EmulatorError `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` as with `inject`.
   */
  async clear(): Promise<void> {
    await this.#lifecycle.inject([]);
  }

  /**
   * Stops and starts again on the same port, as in a maintenance: clients are told and closed with
   * 1001. Faults that were on are gone afterwards.
   *
   * @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_EMULATOR_CLOSED`, or `ERR_PORT_IN_USE` as
   *   with `inject`.
   */
  async restart(options: RestartOptions = { keepState: false }): Promise<void> {
    await this.#lifecycle.restart(parseRestartOptions(options));
  }

  /**
   * Keeps the process alive until the emulator is closed, through crashes and restarts. Without it, the
   * process may end: a test run that has forgotten its emulator should not hang.
   *
   * @throws EmulatorError `ERR_EMULATOR_CLOSED`.
   */
  ref(): void {
    this.#lifecycle.assertOpen();
    this.#awake ??= setInterval(() => {}, LONGEST_INTERVAL_IN_MS);
  }

  /**
   * Ends everything that is open, without telling clients and app servers; nothing is left that
   * would keep the process alive. Idempotent.
   */
  async close(): Promise<void> {
    await this.#lifecycle.close();
    clearInterval(this.#awake);
  }

  #createAdmin(sharesPort: boolean): Admin {
    const describe = (): object => ({
      endpoint: this.endpoint,
      state: this.state,
      faults: this.#faults.list,
      seed: this.#configuration.seed,
      hubs: describeHubs(this.#service.settings.keys(), this.#service.sessions.open()),
    });
    return new Admin({ emulator: this, describe, sharesPort });
  }
}
