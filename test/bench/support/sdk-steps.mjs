import { createSecretKey } from "node:crypto";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { Pool } from "undici";
import { EncodedBody } from "../dist/parts/service/encoded-body.mjs";
import { poolClient } from "../dist/parts/service/pool-client.mjs";
import { authorizationPolicy, requestPipeline } from "../dist/parts/service/request-pipeline.mjs";
import { endpointOf, keyOf } from "./tokens.mjs";

/** What the plugin does to the SDK, one after the other: each step has all those before it. */
export const steps = {
  stock: "the SDK as it is",
  keyObject: "+ a KeyObject for the key",
  pool: "+ a pool of undici's",
  policies: "+ without unused policies",
  tokens: "+ tokens used again",
  encoded: "+ the message encoded once",
};

/** Sends a message to all endpoints at once, as far as one of the steps goes. */
export function broadcasterAt(step, endpoints) {
  const order = Object.keys(steps);
  const has = (other) => order.indexOf(step) >= order.indexOf(other);
  const clients = endpoints.map(({ connectionString }) => clientWith(has, connectionString));
  const encode = (message) =>
    new EncodedBody(Buffer.from(JSON.stringify(message)), "application/json");
  return (message) => {
    const sent = has("encoded") ? encode(message) : message;
    return Promise.all(clients.map((client) => client.sendToAll(sent)));
  };
}

function clientWith(has, connectionString) {
  const url = endpointOf(connectionString);
  const text = keyOf(connectionString);
  const keyObject = createSecretKey(text, "utf8");
  const pipeline = has("policies") ? requestPipeline(authorizationPolicy(keyObject)) : undefined;
  const key = has("keyObject") ? keyObject : text;
  const client = new WebPubSubServiceClient(url, { key }, "bench", {
    allowInsecureConnection: true,
    ...(has("pool") && { httpClient: poolClient(Promise.resolve(new Pool(url))) }),
    ...(pipeline && { pipeline }),
  });
  // Of the two that sign, the SDK's and ours, one has to go.
  const name = has("tokens") ? "webPubSubKeyCredentialPolicy" : "keySigningPolicy";
  pipeline?.removePolicy({ name });
  return client;
}
