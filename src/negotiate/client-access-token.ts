import { reasonOf } from "../deadline.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { ResilientPubSubError } from "../errors.ts";
import { checkTokenOptions } from "../fan-out/arguments.ts";
import type { ClientAccessToken, ClientAccessTokenOptions } from "../fan-out/pubsub.ts";
import { issueToken } from "./client-token.ts";
import { firstThatGives, type SelectorParts } from "./select-endpoint.ts";

/** A token that is not asked for by a request: see `PubSub`. */
export async function clientAccessToken(
  parts: SelectorParts,
  options: ClientAccessTokenOptions = {},
): Promise<ClientAccessToken> {
  checkTokenOptions(options);
  if (options.abortSignal?.aborted) throw reasonOf(options.abortSignal);
  const avoided = new Set<RegisteredEndpoint>();
  const issued = await firstThatGives(parts, undefined, avoided, async (chosen) => {
    const token = await issueToken(parts, chosen, avoided, options);
    return token && { ...token, endpoint: chosen.name };
  });
  if (issued) return issued;
  throw new ResilientPubSubError(
    "ERR_NO_HEALTHY_ENDPOINT",
    "No endpoint is healthy that gives a client token; endpoints.snapshot() tells why",
  );
}
