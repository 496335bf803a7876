import { PROBE_USER_ID } from "../context/probe-user.ts";
import { issueOwnToken } from "../negotiate/client-token.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { DoctorContext } from "./check.ts";

/**
 * Where a connection of this diagnosis connects, as a client that negotiate has sent: of a user whom no
 * application has, in a group of its own.
 *
 * @throws what the call of the service fails with, where an identity has the service issue the token
 */
export async function clientUrl(context: DoctorContext, endpoint: Endpoint): Promise<string> {
  const identity = { userId: PROBE_USER_ID, groups: [context.group] };
  const { url } = await issueOwnToken(endpoint, context.configuration.hub, identity, context);
  return url;
}
