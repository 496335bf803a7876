import type { ClientAccessToken, ClientAccessTokenOptions } from "../contract/pubsub.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { reasonOf } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { issueToken } from "./client-token.ts";
import { firstThatGives, type SelectorParts } from "./select-endpoint.ts";
import { checkTokenOptions } from "./token-options.ts";

/** A token that is not asked for by a request: see `PubSub`. */
export async function clientAccessToken(
  parts: SelectorParts,
  options: ClientAccessTokenOptions = {},
): Promise<ClientAccessToken> {
  checkTokenOptions(options);
  const { userId, roles, groups, ...rest } = options;
  if (rest.abortSignal?.aborted) throw reasonOf(rest.abortSignal);
  const avoided = new Set<RegisteredEndpoint>();
  const issued = await firstThatGives(parts, undefined, avoided, async (chosen) => {
    const issued = await issueToken(parts, chosen, avoided, { userId, roles, groups }, rest);
    if (issued === undefined) return undefined;
    const { token, baseUrl, url } = issued;
    return { token, baseUrl, url, endpoint: chosen.name };
  });
  if (issued) return issued;
  throw new ResilientPubSubError(
    "ERR_NO_HEALTHY_ENDPOINT",
    "No endpoint is healthy that gives a client token; endpoints.snapshot() tells why",
  );
}
