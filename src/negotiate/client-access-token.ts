import type { PluginContext } from "../context/plugin-context.ts";
import type { ClientAccessToken, ClientAccessTokenOptions } from "../contract/pubsub.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { drawClient } from "../grants/grant.ts";
import { reasonOf } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { withUser } from "./anonymous-user.ts";
import { issueToken, isTokenRefused, type TokenRequest } from "./client-token.ts";
import { tryInTurn } from "./select-endpoint.ts";
import { checkTokenOptions } from "./token-options.ts";

/** A token that is not asked for by a request: see `PubSub`. */
export async function clientAccessToken(
  context: PluginContext,
  options: ClientAccessTokenOptions = {},
): Promise<ClientAccessToken> {
  checkTokenOptions(options);
  const { userId, roles, groups, ...rest } = options;
  if (rest.abortSignal?.aborted) throw reasonOf(rest.abortSignal);
  const avoided = new Set<RegisteredEndpoint>();
  const identity = withUser(context, { userId, roles, groups });
  const request: TokenRequest = { identity, options: rest, avoided, faults: [] };
  const issued = await tryInTurn(context, undefined, avoided, async (chosen) => {
    const issued = await issueToken(context, chosen, request);
    if (issued === undefined) return undefined;
    context.census?.expect(chosen, drawClient(context.random));
    const { token, baseUrl, url } = issued;
    return { token, baseUrl, url, endpoint: chosen.name };
  });
  if (issued) return issued;
  if (await isTokenRefused(context, request.faults)) {
    throw new ResilientPubSubError(
      "ERR_TOKEN_REFUSED",
      "The service, or something on the way to it, refuses a token for this user alone; look for what is unusual about its name, roles or groups, and at the firewall",
    );
  }
  throw new ResilientPubSubError(
    "ERR_NO_HEALTHY_ENDPOINT",
    "No endpoint is healthy that gives a client token; endpoints.snapshot() tells why",
  );
}
