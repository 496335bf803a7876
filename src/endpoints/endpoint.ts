import { KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AzureKeyCredential } from "@azure/core-auth";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { WebPubSubServiceClient, type WebPubSubServiceClientOptions } from "@azure/web-pubsub";
import type { EndpointConfiguration } from "../options.ts";
import { withOrigin } from "./with-origin.ts";

/** One service instance: who it is, and the means to call it. */
export interface Endpoint {
  readonly name: string;
  readonly config: EndpointConfiguration;
  readonly client: WebPubSubServiceClient;
  /** Where health checks go: what the REST calls go through as well. */
  readonly restUrl: string;
  /** Whether client tokens come from the service; with an access key they are signed here. */
  readonly issuesTokens: boolean;
  /** Owns every socket to the instance, so that closing it leaves none behind. */
  readonly agent: HttpAgent;
}

export function createEndpoint(config: EndpointConfiguration, hub: string): Endpoint {
  const restUrl = config.reverseProxyEndpoint ?? config.url;
  const Agent = restUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true });
  const client = createClient(config, hub, transportPolicy(restUrl, agent));
  const issuesTokens = !(config.credential instanceof KeyObject);
  return { name: config.name, config, client, restUrl, issuesTokens, agent };
}

function createClient(
  { url, credential }: EndpointConfiguration,
  hub: string,
  policy: PipelinePolicy,
): WebPubSubServiceClient {
  const options: WebPubSubServiceClientOptions = {
    // Deadlines and retries are decided per operation, not hidden in the pipeline.
    retryOptions: { maxRetries: 0 },
    // Options admit plain http on loopback hosts only.
    allowInsecureConnection: true,
    // Behind the signing, since the service expects the signature of its own URL.
    additionalPolicies: [{ position: "perRetry", policy }],
  };
  return credential instanceof KeyObject
    ? new WebPubSubServiceClient(url, keyCredential(credential), hub, options)
    : new WebPubSubServiceClient(url, credential, hub, options);
}

/** Sends requests through the endpoint's own sockets, to the reverse proxy if there is one. */
function transportPolicy(restUrl: string, agent: HttpAgent): PipelinePolicy {
  return {
    name: "endpointTransportPolicy",
    sendRequest: (request, next) => {
      request.url = withOrigin(request.url, restUrl);
      request.agent = agent;
      return next(request);
    },
  };
}

/**
 * The SDK signs every request and token with `credential.key`, and signing with a `KeyObject` is
 * some 50 times cheaper than with the string that its type asks for.
 */
function keyCredential(key: KeyObject): AzureKeyCredential {
  return { key } as unknown as AzureKeyCredential;
}
