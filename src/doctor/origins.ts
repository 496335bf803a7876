import { clientOriginOf } from "../service/client-origin.ts";
import type { Endpoint } from "../service/endpoint.ts";

/** All that an endpoint is reached by: where calls go, and where clients go. */
export function originsOf(endpoint: Endpoint): string[] {
  const forClients = clientOriginOf(endpoint.config).replace(/^ws/, "http");
  return [...new Set([endpoint.restUrl, forClients])];
}
