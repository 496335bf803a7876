import { KeyObject } from "node:crypto";
import type { TokenCredential } from "@azure/core-auth";
import { deserializationPolicy, serializationPolicy } from "@azure/core-client";
import { createEmptyPipeline, type Pipeline, type PipelinePolicy } from "@azure/core-rest-pipeline";
import { entraTokenPolicy } from "./entra-token-policy.ts";
import { keySigningPolicy } from "./key-signing-policy.ts";

/** Who signs requests, and keeps what it has signed with: to be shared by all pipelines of one endpoint. */
export function authorizationPolicy(credential: KeyObject | TokenCredential): PipelinePolicy {
  return credential instanceof KeyObject
    ? keySigningPolicy(credential)
    : entraTokenPolicy(credential);
}

/**
 * What the SDK does to each request and response, without what nobody here makes use of: its
 * retries, redirects, proxies, forms, logging and tracing of HTTP.
 */
export function requestPipeline(authorization: PipelinePolicy): Pipeline {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(serializationPolicy(), { phase: "Serialize" });
  pipeline.addPolicy(deserializationPolicy(), { phase: "Deserialize" });
  pipeline.addPolicy(authorization, { phase: "Sign" });
  return pipeline;
}
