import type { Admin } from "./admin/admin.ts";
import { Doorkeeper } from "./clients/doorkeeper.ts";
import { Sessions } from "./clients/sessions.ts";
import type { TlsCertificate } from "./contract/emulator-options.ts";
import type { Breakage } from "./faults/breakage.ts";
import type { Address } from "./http/address.ts";
import { Front } from "./http/front.ts";
import { Listener } from "./http/listener.ts";
import { Hubs } from "./hub/hubs.ts";
import type { EmulatorConfiguration } from "./options/emulator-configuration.ts";
import { defaultHubSettings, type HubSettings } from "./options/hub-schema.ts";
import type { Observe } from "./reporting/activity-observer.ts";
import { RestService } from "./rest/rest-service.ts";
import { Access } from "./tokens/access.ts";
import type { AccessKeys } from "./tokens/access-keys.ts";
import { Upstream } from "./upstream/upstream.ts";

const graceInMs = 1000;
const listenAttempts = 40;
const listenDelayInMs = 50;

export interface ServiceParts {
  readonly configuration: EmulatorConfiguration;
  readonly address: Address;
  readonly keys: AccessKeys;
  readonly breakage: Breakage;
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
  readonly front: Front;
  readonly listener: Listener;
  readonly #parts: ServiceParts;
  readonly #hubs = new Hubs();

  constructor(parts: ServiceParts) {
    this.#parts = parts;
    const { configuration, address, keys, breakage, certificate, admin, observe } = parts;
    const { limits, disableLocalAuth, acceptEntraTokens } = configuration;
    const hubs = this.#hubs;
    this.settings = new Map(configuration.hubs);
    const settingsOf = (hub: string): HubSettings => this.settings.get(hub) ?? defaultHubSettings;
    const endpoint = (): string => address.endpoint;
    const access = new Access({ keys, endpoint, disableLocalAuth, acceptEntraTokens });
    const sessions = new Sessions(settingsOf);
    const upstream = new Upstream({
      accessKeys: () => keys.all(),
      origin: () => address.origin,
      settingsOf,
      settings: configuration.upstream,
      observe,
    });
    const rest = new RestService({ access, hubs, limits, endpoint, observe });
    const doorkeeper = new Doorkeeper({
      access,
      hubs,
      settingsOf,
      sessions,
      upstream,
      limits,
      observe,
    });
    this.sessions = sessions;
    this.upstream = upstream;
    this.front = new Front({
      judge: (type) => breakage.judge(type),
      wholeHold: () => breakage.wholeHold,
      admin,
      answer: (request) => rest.answer(request),
      upgrade: (upgrade) => doorkeeper.receive(upgrade),
      observe,
      certificate,
    });
    this.listener = new Listener(this.front.server);
  }

  /** @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`. */
  async listen(): Promise<void> {
    const { address, configuration } = this.#parts;
    address.port = await this.listener.listen(address.port, configuration.host);
  }

  /**
   * As `listen`, on the port of before. Meanwhile it was anybody's; an outgoing connection of
   * another process may sit on it for a moment, so one refusal is not the last word.
   */
  async listenAgain(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.listen();
      } catch (error) {
        if (attempt === listenAttempts) throw error;
        await new Promise((resolve) => setTimeout(resolve, listenDelayInMs));
      }
    }
  }

  /** Dies without a word; nothing is remembered. */
  async crash(): Promise<void> {
    // First of all: what the sessions say when their sockets end must not be heard any more.
    this.upstream.abort();
    this.#forget();
    await this.listener.stop();
  }

  /** Ends every socket as in a maintenance; sessions that can be recovered may be kept. */
  async shutDown({ keepState }: { keepState: boolean }): Promise<void> {
    const ending = { code: 1001, reason: "Service reload", announced: true };
    if (keepState) this.sessions.suspend(ending);
    else this.sessions.end(ending);
    await this.listener.drain(graceInMs);
    if (keepState) return;
    // Again, for those whose handshake was under way.
    this.sessions.end(ending);
    this.#forget();
  }

  async close(): Promise<void> {
    this.upstream.close();
    this.#forget();
    await this.listener.stop();
  }

  #forget(): void {
    this.sessions.clear();
    this.#hubs.clear();
  }
}
