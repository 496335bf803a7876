import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";

/** Hosts named by `WebHook-Request-Origin`: several, when the service has replicas or a custom domain. */
export function originsOf(header: string | undefined): string[] {
  return (header ?? "")
    .split(",")
    .map((origin) => origin.trim().toLowerCase())
    .filter((origin) => origin !== "");
}

/** The endpoint whose host is among the origins. */
export function senderOf(
  origins: readonly string[],
  endpoints: readonly RegisteredEndpoint[],
): RegisteredEndpoint | undefined {
  return endpoints.find(({ endpoint }) =>
    origins.includes(new URL(endpoint.config.url).host.toLowerCase()),
  );
}

/** The origins to which the validation handshake answers yes. */
export function admittedOrigins(
  origins: readonly string[],
  endpoints: readonly RegisteredEndpoint[],
  allowedOrigins: readonly string[],
): string[] {
  return origins.filter(
    (origin) => allowedOrigins.includes(origin) || senderOf([origin], endpoints) !== undefined,
  );
}
