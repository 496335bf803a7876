import type { EndpointConfiguration } from "../options/parse-options.ts";

/** Where clients of an endpoint are sent, as the origin of a WebSocket. */
export const clientOriginOf = ({
  url,
  clientEndpoint = url,
}: Pick<EndpointConfiguration, "url" | "clientEndpoint">): string =>
  clientEndpoint.replace(/^http/, "ws");
