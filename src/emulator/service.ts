import type { Socket } from "node:net";
import type { TLSSocket, Server as TlsServer } from "node:tls";
import type { Admin } from "./admin/admin.ts";
import { HandshakeHandler } from "./clients/handshake-handler.ts";
import { Sessions } from "./clients/sessions.ts";
import type { ServiceContext } from "./context/service-context.ts";
import type { TlsCertificate } from "./contract/emulator-options.ts";
import type { FaultGate } from "./faults/fault-gate.ts";
import { type Address, hostsOf } from "./http/address.ts";
import { Front } from "./http/front.ts";
import { Listener } from "./http/listener.ts";
import { ShownCertificate } from "./http/shown-certificate.ts";
import { Hubs } from "./hub/hubs.ts";
import type { EmulatorConfiguration } from "./options/emulator-configuration.ts";
import { defaultHubSettings, type HubSettings } from "./options/hub-schema.ts";
import type { Observe } from "./reporting/activity-observer.ts";
import { RestService } from "./rest/rest-service.ts";
import { Access } from "./tokens/access.ts";
import type { AccessKeys } from "./tokens/access-keys.ts";
import { Upstream } from "./upstream/upstream.ts";

const GRACE_IN_MS = 1000;
const LISTEN_DELAY_IN_MS = 50;
const maxListenAttempts = 40;

export interface ServiceOptions {
  readonly configuration: EmulatorConfiguration;
  readonly address: Address;
  readonly keys: AccessKeys;
  readonly gate: FaultGate;
  readonly certificate: TlsCertificate | undefined;
  /** The admin route, when it is on the service's own port. */
  readonly admin: Admin | undefined;
  readonly observe: Observe;
}

/** The service itself: what it is made of, who knows whom, and how all of it stops. */
export class Service {
  readonly settings: Map<string, HubSettings>;
  readonly sessions: Sessions;
  readonly upstream: Upstream;
  /** With TLS only. */
  readonly certificate: ShownCertificate | undefined;
  readonly #address: Address;
  readonly #host: string;
  readonly #listener: Listener;
  readonly #hubs = new Hubs();

  constructor(options: ServiceOptions) {
    const { configuration, address, keys, gate, certificate, admin, observe } = options;
    const { disableLocalAuth, acceptEntraTokens } = configuration;
    const endpoint = (): string => address.endpoint;
    const context: ServiceContext = {
      address,
      keys,
      access: new Access({ keys, endpoint, disableLocalAuth, acceptEntraTokens }),
      hubs: this.#hubs,
      limits: configuration.limits,
      upstreamSettings: configuration.upstream,
      observe,
      settingsOf: (hub) => this.settings.get(hub) ?? defaultHubSettings,
    };
    this.settings = new Map(configuration.hubs);
    this.sessions = new Sessions(context.settingsOf);
    this.upstream = new Upstream(context);
    this.#address = address;
    this.#host = configuration.host;
    const front = new Front({
      gate,
      admin,
      rest: new RestService(context, configuration.metadata),
      handshakes: new HandshakeHandler(context, this.sessions, this.upstream),
      observe,
      certificate,
      maxBodyBytes: configuration.limits.messageBytes,
    });
    this.#listener = new Listener(front.server);
    if (certificate) {
      this.certificate = new ShownCertificate({
        // It is a server of TLS then; its type just does not say so.
        server: front.server as unknown as TlsServer,
        right: certificate,
        hosts: hostsOf(configuration),
        isGiven: configuration.tls !== true,
      });
    }
  }

  /** The open connections, each as HTTP sees it. */
  get connections(): readonly Socket[] {
    const { sockets } = this.#listener;
    return this.certificate ? sockets.filter((socket) => (socket as TLSSocket).encrypted) : sockets;
  }

  /** @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    this.#address.port = await this.#listener.listen(this.#address.port, this.#host);
  }

  /**
   * As `listen`, on the port of before. Meanwhile it was anybody's; an outgoing connection of
   * another process may sit on it for a moment, so one refusal does not settle it.
   */
  async listenAgain(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.listen();
      } catch (error) {
        if (attempt === maxListenAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, LISTEN_DELAY_IN_MS));
      }
    }
  }

  /** Ends at once and tells nobody; nothing is remembered. */
  async crash(): Promise<void> {
    // First of all: what the sessions say when their sockets end must not be heard any more.
    this.upstream.abort();
    this.#clearState();
    await this.#listener.stop();
  }

  /** Ends every socket as in a maintenance; sessions that can be recovered may be kept. */
  async shutDown({ keepState }: { keepState: boolean }): Promise<void> {
    const ending = { code: 1001, reason: "Service reload", announced: true };
    if (keepState) this.sessions.suspend(ending);
    else this.sessions.end(ending);
    await this.#listener.drain(GRACE_IN_MS);
    if (keepState) return;
    // Again, for those whose handshake was under way.
    this.sessions.end(ending);
    this.#clearState();
  }

  async close(): Promise<void> {
    this.upstream.close();
    this.#clearState();
    await this.#listener.stop();
  }

  #clearState(): void {
    this.sessions.clear();
    this.#hubs.clear();
  }
}
