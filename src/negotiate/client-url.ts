import { withDeadline } from "../deadline.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { Identity } from "../option-types.ts";

/** Where a client connects, and until when it must have done so. */
export interface ClientUrl {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

export interface ClientUrlOptions {
  readonly tokenLifetimeInMinutes: number;
  /** With an Entra credential the service issues the token, which must not take longer. */
  readonly timeoutInMs: number;
}

/** Gets a client token through the SDK. With an access key it is signed here, without a request. */
export async function clientUrlOf(
  { client, config }: Endpoint,
  identity: Identity,
  { tokenLifetimeInMinutes, timeoutInMs }: ClientUrlOptions,
): Promise<ClientUrl> {
  const { url, token } = await withDeadline(timeoutInMs, undefined, (abortSignal) =>
    client.getClientAccessToken({
      ...identity,
      expirationTimeInMinutes: tokenLifetimeInMinutes,
      abortSignal,
    }),
  );
  return {
    url: config.clientEndpoint ? throughClientEndpoint(url, config.clientEndpoint) : url,
    expiresAt: expiryOf(token),
  };
}

function throughClientEndpoint(url: string, clientEndpoint: string): string {
  const target = new URL(url);
  const { protocol, host } = new URL(clientEndpoint);
  target.protocol = protocol === "https:" ? "wss:" : "ws:";
  target.host = host;
  // Assigning a host without a port keeps the old port.
  if (!/:\d+$/.test(host)) target.port = "";
  return target.href;
}

function expiryOf(token: string): string {
  const [, payload = ""] = token.split(".");
  const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number };
  return new Date(exp * 1000).toISOString();
}
