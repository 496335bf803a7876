import { withDeadline } from "../deadline.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import { withOrigin } from "../endpoints/with-origin.ts";
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
    url: config.clientEndpoint
      ? withOrigin(url, config.clientEndpoint.replace(/^http/, "ws"))
      : url,
    expiresAt: expiryOf(token),
  };
}

function expiryOf(token: string): string {
  const [, payload = ""] = token.split(".");
  const { exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { exp: number };
  return new Date(exp * 1000).toISOString();
}
