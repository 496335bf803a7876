import { KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AzureKeyCredential } from "@azure/core-auth";
import type { Pipeline } from "@azure/core-rest-pipeline";
import { WebPubSubServiceClient, type WebPubSubServiceClientOptions } from "@azure/web-pubsub";
import type { Pool } from "undici";
import type { EndpointConfiguration } from "../options/parse-options.ts";
import { poolClient } from "./pool-client.ts";
import { requestPipeline } from "./request-pipeline.ts";

/** One service instance: who it is, and the means to call it. */
export interface Endpoint {
  readonly name: string;
  readonly config: EndpointConfiguration;
  readonly client: WebPubSubServiceClient;
  /** Where health checks go: what the REST calls go through as well. */
  readonly restUrl: string;
  /** The sockets of health checks, which must not queue behind the calls. */
  readonly agent: HttpAgent;
  /** Resolves when calls can be made: the HTTP library has been loaded. */
  readonly opened: Promise<unknown>;
  /** Releases every socket to the instance; calls under way fail. */
  close(): Promise<void>;
}

const POOL_OPTIONS: Pool.Options = {
  // Deadlines are set for each operation, by its signal.
  headersTimeout: 0,
  bodyTimeout: 0,
  // Longer than most pauses between two broadcasts, and shorter than a service keeps idle sockets.
  keepAliveTimeout: 30_000,
  // Far more than a page of a list; what is larger is not the service.
  maxResponseSize: 4 * 1024 * 1024,
};

export function createEndpoint(config: EndpointConfiguration, hub: string): Endpoint {
  const restUrl = config.reverseProxyEndpoint ?? config.url;
  const Agent = restUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true });
  const pool = openPool(restUrl);
  return {
    name: config.name,
    config,
    client: createClient(config, hub, pool),
    restUrl,
    agent,
    opened: pool,
    close: async () => {
      agent.destroy();
      await (await pool).destroy();
    },
  };
}

/** Loads `undici` with the first endpoint: it takes half as long as the whole SDK. */
async function openPool(url: string): Promise<Pool> {
  const { Pool } = await import("undici/index.js");
  return new Pool(url, POOL_OPTIONS);
}

function createClient(
  { url, credential }: EndpointConfiguration,
  hub: string,
  pool: Promise<Pool>,
): WebPubSubServiceClient {
  const pipeline = requestPipeline(credential);
  // `pipeline` is an option of the class below the SDK's client, to which all options are passed on.
  const options: WebPubSubServiceClientOptions & { pipeline: Pipeline } = {
    pipeline,
    httpClient: poolClient(pool),
    // Options admit plain http on loopback hosts only.
    allowInsecureConnection: true,
  };
  if (!(credential instanceof KeyObject)) {
    return new WebPubSubServiceClient(url, credential, hub, options);
  }
  const client = new WebPubSubServiceClient(url, keyCredential(credential), hub, options);
  // The SDK adds one of its own, which would sign once more.
  pipeline.removePolicy({ name: "webPubSubKeyCredentialPolicy" });
  return client;
}

/** The SDK wants one, though all signing is done here; as a `KeyObject` it cannot be printed. */
function keyCredential(key: KeyObject): AzureKeyCredential {
  return { key } as unknown as AzureKeyCredential;
}
