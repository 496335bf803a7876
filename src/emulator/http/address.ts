import type { EmulatorConfiguration } from "../options/emulator-configuration.ts";

/** Where the service is, as it stands in URLs. */
export class Address {
  /** The port listened on; 0 until it is known. */
  port: number;
  readonly #scheme: string;
  readonly #name: string;
  readonly #publicEndpoint: string | undefined;

  constructor({ host, port, tls, publicEndpoint }: EmulatorConfiguration) {
    const name = hostnameOf(host);
    this.port = port;
    this.#scheme = tls === false ? "http" : "https";
    // A wildcard is an address to listen on, not one to connect to.
    this.#name = ["0.0.0.0", "[::]"].includes(name) ? "127.0.0.1" : name;
    this.#publicEndpoint = publicEndpoint;
  }

  /** What to connect to on this machine: an address, or a name for one. */
  get listenHost(): string {
    return this.#name.replace(/^\[|\]$/g, "");
  }

  /** As others know it. */
  get endpoint(): string {
    return this.#publicEndpoint ?? this.local;
  }

  /** As it is reached on this machine. */
  get local(): string {
    return `${this.#scheme}://${this.#authority}`;
  }

  /** Host and port, as app servers are told. */
  get origin(): string {
    return this.#publicEndpoint ? new URL(this.#publicEndpoint).host : this.#authority;
  }

  get #authority(): string {
    return `${this.#name}:${this.port}`;
  }
}

/** As URLs spell it: addresses in their short form, names in lower case. */
function hostnameOf(host: string): string {
  const url = `http://${host.includes(":") ? `[${host}]` : host}`;
  return URL.canParse(url) ? new URL(url).hostname : host;
}

/** The names and addresses by which the service is called, for its certificate. */
export function hostsOf({ host, publicEndpoint }: EmulatorConfiguration): string[] {
  const names = [hostnameOf(host)];
  if (publicEndpoint !== undefined) names.push(new URL(publicEndpoint).hostname);
  return names.map((name) => name.replace(/^\[|\]$/g, ""));
}

export const connectionStringOf = (endpoint: string, accessKey: string): string =>
  `Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`;
