import { KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AzureKeyCredential } from "@azure/core-auth";
import type { HttpClient, Pipeline, PipelinePolicy } from "@azure/core-rest-pipeline";
import { WebPubSubServiceClient, type WebPubSubServiceClientOptions } from "@azure/web-pubsub";
import type { EndpointConfiguration } from "../options/parse-options.ts";
import { defaultMaxSockets } from "../options/schema.ts";
import type { Answer } from "./hung-calls.ts";
import { poolClient } from "./pool-client.ts";
import { authorizationPolicy, requestPipeline } from "./request-pipeline.ts";
import { type PoolSettings, SocketPool } from "./socket-pool.ts";

/** One service instance: who it is, and the means to call it. */
export interface Endpoint {
  readonly name: string;
  readonly config: EndpointConfiguration;
  readonly client: WebPubSubServiceClient;
  /**
   * The same, for what finds out whether calls succeed: its sockets are its own, since it must not
   * queue behind calls that hang.
   */
  readonly checkClient: WebPubSubServiceClient;
  /** Where health checks go: what the REST calls go through as well. */
  readonly restUrl: string;
  /** The sockets of health checks, which must not queue behind the calls. */
  readonly agent: HttpAgent;
  /** When a call was answered last, whatever the answer; monotonic milliseconds. */
  readonly answeredAt: number;
  /** Resolves when calls can be made: the HTTP library has been loaded. */
  readonly opened: Promise<unknown>;
  /**
   * Called again and again while calls wait for sockets whose calls are not answered, and only a
   * call by `checkClient` can say whether the endpoint answers at all.
   */
  onUnproven: (() => void) | undefined;
  /**
   * Lets go of what is under way, since the endpoint is used no more: calls that wait for a socket
   * fail at once, and those that were sent make room for others when it is back.
   */
  giveUp(): void;
  /** Releases every socket to the instance; calls under way fail. */
  close(): Promise<void>;
}

/** More than there are health checks under way at once, unless each takes ages. */
const maxHealthSockets = 16;
const maxCheckSockets = 2;

/** @param maxSockets The most that calls open to it. */
export function createEndpoint(
  config: EndpointConfiguration,
  hub: string,
  maxSockets = defaultMaxSockets,
): Endpoint {
  const restUrl = config.reverseProxyEndpoint ?? config.url;
  const Agent = restUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
  // One that is kept finds its way when there are no ports left for others.
  const agent = new Agent({ keepAlive: true, maxSockets: maxHealthSockets, maxFreeSockets: 1 });
  const common = { name: config.name, origin: restUrl };
  const pools = openPools([
    { ...common, maxSockets, onUnproven: () => endpoint.onUnproven?.() },
    { ...common, maxSockets: maxCheckSockets },
  ]);
  const [calls, checks] = [pools.then(([first]) => first), pools.then(([, second]) => second)];
  // One for both: a canary has to try the token that calls are made with.
  const authorization = authorizationPolicy(config.credential);
  let answeredAt = Number.NEGATIVE_INFINITY;
  const onAnswer = (answer: Answer): void => {
    answeredAt = answer.answeredAt;
  };
  const onCheckAnswer = (answer: Answer): void => {
    onAnswer(answer);
    // Whoever answers a check would answer a call as well.
    void calls.then((pool) => pool.learn(answer));
  };
  const endpoint: Endpoint = {
    name: config.name,
    config,
    client: createClient(config, hub, authorization, poolClient(calls, onAnswer)),
    checkClient: createClient(config, hub, authorization, poolClient(checks, onCheckAnswer)),
    restUrl,
    agent,
    get answeredAt() {
      return answeredAt;
    },
    opened: pools,
    onUnproven: undefined,
    giveUp: () => void calls.then((pool) => pool.giveUp()),
    close: async () => {
      agent.destroy();
      for (const pool of await pools) pool.close();
    },
  };
  return endpoint;
}

/** Loads `undici` with the first endpoint: it takes half as long as the whole SDK. */
async function openPools([ofCalls, ofChecks]: readonly [PoolSettings, PoolSettings]): Promise<
  readonly [SocketPool, SocketPool]
> {
  const library = await import("undici/index.js");
  return [new SocketPool(library, ofCalls), new SocketPool(library, ofChecks)];
}

function createClient(
  { url, credential }: EndpointConfiguration,
  hub: string,
  authorization: PipelinePolicy,
  httpClient: HttpClient,
): WebPubSubServiceClient {
  const pipeline = requestPipeline(authorization);
  // `pipeline` is an option of the class below the SDK's client, to which all options are passed on.
  const options: WebPubSubServiceClientOptions & { pipeline: Pipeline } = {
    pipeline,
    httpClient,
    // Where plain http may go, the options have decided (`options/plain-http.ts`).
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
