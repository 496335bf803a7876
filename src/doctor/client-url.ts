import { KeyObject } from "node:crypto";
import { PROBE_USER_ID } from "../context/probe-user.ts";
import { signedToken } from "../negotiate/client-token.ts";
import { callWithin } from "../service/call-within.ts";
import { clientOriginOf } from "../service/client-origin.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { withOrigin } from "../service/with-origin.ts";
import type { DoctorContext } from "./check.ts";

/**
 * Where a connection of this diagnosis connects, as a client that negotiate has sent: of a user whom no
 * application has, in a group of its own.
 *
 * @throws what the call of the service fails with, where an identity has the service issue the token
 */
export async function clientUrl(context: DoctorContext, endpoint: Endpoint): Promise<string> {
  const identity = { userId: PROBE_USER_ID, groups: [context.group] };
  const { config, client } = endpoint;
  if (config.credential instanceof KeyObject) {
    return signedToken(config, config.credential, context.configuration.hub, identity, {}).url;
  }
  const { url } = await callWithin(context.timeoutInMs, context.signal, (abortSignal) =>
    client.getClientAccessToken({ ...identity, abortSignal }),
  );
  return withOrigin(url, clientOriginOf(endpoint.config));
}
