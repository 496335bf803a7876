import { KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { AzureKeyCredential } from "@azure/core-auth";
import type { HttpClient, Pipeline } from "@azure/core-rest-pipeline";
import { WebPubSubServiceClient, type WebPubSubServiceClientOptions } from "@azure/web-pubsub";
import type { SocketUse } from "../contract/endpoint.ts";
import type { EndpointConfiguration } from "../options/parse-options.ts";
import { defaultMaxSockets } from "../options/schema.ts";
import { EntraSigner } from "./entra-signer.ts";
import { type RawAnswer, sendThrough } from "./exchange.ts";
import type { Answer } from "./hung-calls.ts";
import { KeySigner } from "./key-signer.ts";
import { messageSender, type SendMessage } from "./message-sender.ts";
import { answeringClient, poolClient } from "./pool-client.ts";
import { requestPipeline } from "./request-pipeline.ts";
import { type Signer, signingPolicy } from "./signer.ts";
import { type HttpLibrary, SocketPool } from "./socket-pool.ts";

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
  /** Sends a message without the SDK, as it would. */
  readonly sendMessage: SendMessage;
  /** A client that takes each of its requests for answered with that, and so says what the SDK makes of it. */
  interpreterOf(answer: RawAnswer): WebPubSubServiceClient;
  /** Where health checks go: what the REST calls go through as well. */
  readonly restUrl: string;
  /** The sockets of health checks, which must not queue behind the calls. */
  readonly agent: HttpAgent;
  /** What calls have of sockets now. */
  readonly sockets: SocketUse;
  /** When a call was answered last, whatever the answer; monotonic milliseconds. */
  readonly answeredAt: number;
  /** Resolves when calls can be made: the HTTP library has been loaded, or cannot be. */
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

/** `undici`, which takes half as long to load as the whole SDK. */
type LoadLibrary = () => Promise<HttpLibrary>;
const loadUndici: LoadLibrary = () => import("undici/index.js");

/**
 * @param maxSockets The most that calls open to it.
 * @param loadLibrary Called at once; while it fails, so does every call.
 */
export function createEndpoint(
  config: EndpointConfiguration,
  hub: string,
  maxSockets = defaultMaxSockets,
  loadLibrary = loadUndici,
): Endpoint {
  const restUrl = config.reverseProxyEndpoint ?? config.url;
  const Agent = restUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
  // One that is kept finds its way when there are no ports left for others.
  const agent = new Agent({ keepAlive: true, maxSockets: maxHealthSockets, maxFreeSockets: 1 });
  const loading = loadLibrary();
  const open = async (limit: number, onUnproven?: () => void) =>
    new SocketPool(await loading, {
      name: config.name,
      origin: restUrl,
      maxSockets: limit,
      ...(onUnproven && { onUnproven }),
    });
  let callPool: SocketPool | undefined;
  const calls = open(maxSockets, () => endpoint.onUnproven?.()).then((pool) => {
    callPool = pool;
    return pool;
  });
  const checks = open(maxCheckSockets);
  // Calls tell that one has failed, and there may be none: nobody else must listen for it.
  const opened = Promise.allSettled([calls, checks]);
  // One for both: a canary has to try the token that calls are made with.
  const { credential } = config;
  const isKey = credential instanceof KeyObject;
  const signer: Signer = isKey ? new KeySigner(credential) : new EntraSigner(credential);
  let answeredAt = Number.NEGATIVE_INFINITY;
  const onAnswer = (answer: Answer): void => {
    answeredAt = answer.answeredAt;
  };
  const onCheckAnswer = (answer: Answer): void => {
    onAnswer(answer);
    // Whoever answers a check would answer a call as well.
    void calls.then((pool) => pool.learn(answer), nothingToEnd);
  };
  const send = sendThrough(calls, onAnswer);
  const check = sendThrough(checks, onCheckAnswer);
  const endpoint: Endpoint = {
    name: config.name,
    config,
    client: createClient(config, hub, poolClient(send), signer),
    checkClient: createClient(config, hub, poolClient(check), signer),
    sendMessage: messageSender(config.url, signer, send),
    interpreterOf: (answer) => createClient(config, hub, answeringClient(answer)),
    restUrl,
    agent,
    get sockets() {
      return callPool?.use ?? { open: 0, busy: 0, waiting: 0, max: maxSockets };
    },
    get answeredAt() {
      return answeredAt;
    },
    opened,
    onUnproven: undefined,
    giveUp: () => void calls.then((pool) => pool.giveUp(), nothingToEnd),
    close: async () => {
      agent.destroy();
      await Promise.all(
        [calls, checks].map((opening) => opening.then((pool) => pool.close(), nothingToEnd)),
      );
    },
  };
  return endpoint;
}

/** The library could not be loaded, so there is no pool. */
const nothingToEnd = (): void => {};

function createClient(
  { url, credential }: EndpointConfiguration,
  hub: string,
  httpClient: HttpClient,
  signer?: Signer,
): WebPubSubServiceClient {
  const pipeline = requestPipeline(signer && signingPolicy(signer));
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
