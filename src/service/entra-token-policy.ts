import type { TokenCredential } from "@azure/core-auth";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { unlessAborted } from "../kit/deadline.ts";
import { TokenSource } from "./token-source.ts";

/**
 * Sends requests with the token of a credential. A request waits for one no longer than its signal
 * lets it.
 */
export function entraTokenPolicy(credential: TokenCredential): PipelinePolicy {
  const source = new TokenSource(credential);
  return {
    name: "entraTokenPolicy",
    sendRequest: async (request, next) => {
      const { abortSignal } = request;
      const token = await (abortSignal ? unlessAborted(abortSignal, source.get()) : source.get());
      request.headers.set("Authorization", `Bearer ${token}`);
      const response = await next(request);
      if (response.status === 401) source.drop(token);
      return response;
    },
  };
}
