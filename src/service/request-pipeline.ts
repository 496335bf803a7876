import { KeyObject } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";
import { deserializationPolicy, serializationPolicy } from "@azure/core-client";
import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  type Pipeline,
  type PipelinePolicy,
  type PipelineResponse,
  type SendRequest,
} from "@azure/core-rest-pipeline";
import { reasonOf, unlessAborted } from "../kit/deadline.ts";
import { keySigningPolicy } from "./key-signing-policy.ts";

const SCOPE = "https://webpubsub.azure.com/.default";

/**
 * What the SDK does to each request and response, without what nobody here makes use of: its
 * retries, redirects, proxies, forms, logging and tracing of HTTP.
 */
export function requestPipeline(credential: KeyObject | TokenCredential): Pipeline {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(serializationPolicy(), { phase: "Serialize" });
  pipeline.addPolicy(deserializationPolicy(), { phase: "Deserialize" });
  pipeline.addPolicy(
    credential instanceof KeyObject
      ? keySigningPolicy(credential)
      : abortable(bearerTokenAuthenticationPolicy({ credential, scopes: SCOPE })),
    { phase: "Sign" },
  );
  return pipeline;
}

/** A credential need not take notice of a signal, nor know any other than the platform's. */
function abortable(policy: PipelinePolicy): PipelinePolicy {
  return {
    name: policy.name,
    sendRequest: (request, next) => {
      const { abortSignal } = request;
      if (abortSignal === undefined) return policy.sendRequest(request, next);
      const controller = new AbortController();
      const abort = (): void => controller.abort(reasonOf(abortSignal));
      request.abortSignal = controller.signal;
      abortSignal.addEventListener("abort", abort);
      // A request that is with the transport ends by its signal, and says then how far it came.
      let sending: Promise<PipelineResponse> | undefined;
      const send: SendRequest = (signed) => {
        sending = next(signed);
        return sending;
      };
      return unlessAborted(abortSignal, policy.sendRequest(request, send))
        .catch((error) => (abortSignal.aborted && sending ? sending : Promise.reject(error)))
        .finally(() => abortSignal.removeEventListener("abort", abort));
    },
  };
}
