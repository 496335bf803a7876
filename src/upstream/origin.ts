import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";

/** Far more than the replicas and custom domains of one instance. */
const maxOrigins = 16;

/**
 * Hosts named by `WebHook-Request-Origin`: several, when the service has replicas or a custom domain.
 * Anybody may send the header, so only its first hosts are looked at.
 */
export function originsOf(header: string | undefined): string[] {
  const hosts = (header ?? "")
    .split(",", maxOrigins)
    .map((origin) => origin.trim().toLowerCase())
    .filter((origin) => origin !== "");
  return [...new Set(hosts)];
}

/**
 * Which endpoints have which hosts. It costs as much as there are endpoints and hosts, not as their
 * product; the URL of an endpoint is read once.
 */
export class EndpointHosts {
  readonly #hosts = new WeakMap<RegisteredEndpoint, readonly string[]>();

  /** The endpoints whose host is among the origins; an origin without a port matches any port. */
  sendersOf(
    origins: readonly string[],
    endpoints: readonly RegisteredEndpoint[],
  ): RegisteredEndpoint[] {
    const wanted = new Set(origins);
    return endpoints.filter((endpoint) => this.#hostsOf(endpoint).some((host) => wanted.has(host)));
  }

  /** The origins to which the validation handshake answers yes. */
  admittedOrigins(
    origins: readonly string[],
    endpoints: readonly RegisteredEndpoint[],
    allowedOrigins: readonly string[],
  ): string[] {
    const hosts = endpoints.flatMap((endpoint) => this.#hostsOf(endpoint));
    const admitted = new Set([...allowedOrigins, ...hosts]);
    return origins.filter((origin) => admitted.has(origin));
  }

  #hostsOf(endpoint: RegisteredEndpoint): readonly string[] {
    const known = this.#hosts.get(endpoint);
    if (known) return known;
    const { host, hostname } = new URL(endpoint.endpoint.config.url);
    const hosts = [host, hostname];
    this.#hosts.set(endpoint, hosts);
    return hosts;
  }
}
