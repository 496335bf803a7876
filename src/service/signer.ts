import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import type { AbortSignalLike } from "../contract/abort-signal.ts";

/** Who vouches for requests, and keeps what it has done so with: to be shared by all calls of one endpoint. */
export interface Signer {
  /**
   * The `Authorization` of a request.
   *
   * @param url Where it goes, as the service knows itself.
   * @param signal Ends the wait for a token.
   * @throws ResilientPubSubError `ERR_CREDENTIAL_FAILED`
   */
  sign(url: string, signal: AbortSignalLike | undefined): string | Promise<string>;
  /** Told of the status of each answer, and what its request was signed with. */
  onStatus?(status: number, authorization: string): void;
}

/** Has the requests of the SDK signed. */
export function signingPolicy(signer: Signer): PipelinePolicy {
  return {
    name: "signingPolicy",
    sendRequest: async (request, next) => {
      const signing = signer.sign(request.url, request.abortSignal);
      const authorization = typeof signing === "string" ? signing : await signing;
      request.headers.set("Authorization", authorization);
      const response = await next(request);
      signer.onStatus?.(response.status, authorization);
      return response;
    },
  };
}
