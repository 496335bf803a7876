import type { Endpoint } from "../service/endpoint.ts";

/** Where clients of an endpoint are sent, as the origin of a WebSocket. */
export const clientOriginOf = ({ config }: Pick<Endpoint, "config">): string =>
  (config.clientEndpoint ?? config.url).replace(/^http/, "ws");

/** All that an endpoint is reached by: where calls go, and where clients go. */
export function originsOf(endpoint: Endpoint): string[] {
  const forClients = clientOriginOf(endpoint).replace(/^ws/, "http");
  return [...new Set([endpoint.restUrl, forClients])];
}
