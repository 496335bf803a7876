import {
  WebPubSubClient,
  type WebPubSubClientOptions,
  WebPubSubJsonProtocol,
} from "@azure/web-pubsub-client";
import { closeAfterTest } from "./clean-up.ts";

export interface ConnectedClient {
  readonly client: WebPubSubClient;
  /** Ids of the connections that it has had. */
  readonly connectionIds: string[];
  /** Data of the messages that the server sent. */
  readonly received: unknown[];
}

/** Microsoft's own client, stopped after the test. */
export async function connectClient(
  url: string | (() => Promise<string>),
  options: WebPubSubClientOptions = {},
): Promise<ConnectedClient> {
  let isOver = false;
  const credential = {
    getClientAccessUrl: async () => {
      // stop() is not heard by a client that is reconnecting: it would go on for ever.
      if (isOver) await new Promise(() => {});
      return typeof url === "string" ? url : url();
    },
  };
  const client = new WebPubSubClient(credential, {
    protocol: WebPubSubJsonProtocol(),
    // Its keep-alive timers outlive stop() by up to 20 s and would hold the test's process.
    keepAliveIntervalInMs: 0,
    keepAliveTimeoutInMs: 0,
    ...options,
  });
  const connectionIds: string[] = [];
  const received: unknown[] = [];
  client.on("connected", ({ connectionId }) => void connectionIds.push(connectionId));
  client.on("server-message", ({ message }) => void received.push(message.data));
  closeAfterTest({
    close: () => {
      isOver = true;
      client.stop();
    },
  });
  await client.start();
  return { client, connectionIds, received };
}
