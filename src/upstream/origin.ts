import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { withOneLoopbackName } from "../kit/loopback.ts";

/** Hosts named by `WebHook-Request-Origin`: several, when the service has replicas or a custom domain. */
export function originsOf(header: string | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((origin) => origin.trim().toLowerCase())
    .filter((origin) => origin !== "");
}

/** The endpoints whose host is among the origins; an origin without a port matches any port. */
export function sendersOf(
  origins: readonly string[],
  endpoints: readonly RegisteredEndpoint[],
): RegisteredEndpoint[] {
  const hosts = origins.map(withOneLoopbackName);
  return endpoints.filter(({ endpoint }) => {
    const { host, hostname } = new URL(withOneLoopbackName(endpoint.config.url));
    return hosts.includes(host) || hosts.includes(hostname);
  });
}

/** The origins to which the validation handshake answers yes. */
export function admittedOrigins(
  origins: readonly string[],
  endpoints: readonly RegisteredEndpoint[],
  allowedOrigins: readonly string[],
): string[] {
  const allowed = allowedOrigins.map(withOneLoopbackName);
  return origins.filter(
    (origin) =>
      allowed.includes(withOneLoopbackName(origin)) || sendersOf([origin], endpoints).length > 0,
  );
}
