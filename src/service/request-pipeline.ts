import { deserializationPolicy, serializationPolicy } from "@azure/core-client";
import { createEmptyPipeline, type Pipeline, type PipelinePolicy } from "@azure/core-rest-pipeline";

/**
 * What the SDK does to each request and response, without what nobody here makes use of: its
 * retries, redirects, proxies, forms, logging and tracing of HTTP.
 */
export function requestPipeline(authorization?: PipelinePolicy): Pipeline {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(serializationPolicy(), { phase: "Serialize" });
  pipeline.addPolicy(deserializationPolicy(), { phase: "Deserialize" });
  if (authorization) pipeline.addPolicy(authorization, { phase: "Sign" });
  return pipeline;
}
