// The clients that are compared. Each negotiates at the URL, tells the numbers that it hears, and
// comes back by its own means.
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import WebSocket from "ws";

const { ResilientPubSubClient } = await import("../dist/client.mjs");
const retryAfterInMs = 1000;

export const makes = {
  ours: (url, hear) => listen(new ResilientPubSubClient(url), hear),

  official: (url, hear) => listen(new WebPubSubClient(credentialAt(url)), hear),

  "official json": (url, hear) =>
    listen(new WebPubSubClient(credentialAt(url), { protocol: WebPubSubJsonProtocol() }), hear),

  "official tuned": (url, hear) => {
    const protocol = WebPubSubJsonProtocol();
    const options = { protocol, keepAliveIntervalInMs: 5000, keepAliveTimeoutInMs: 10_000 };
    return listen(new WebPubSubClient(credentialAt(url), options), hear);
  },

  /** As one writes it by hand. */
  async bare(url, hear) {
    const again = () => setTimeout(() => makes.bare(url, hear), retryAfterInMs);
    try {
      const webSocket = new WebSocket(await negotiate(url), "json.webpubsub.azure.v1");
      webSocket.on("message", (text) => {
        const { type, data } = JSON.parse(text);
        if (type === "message") hear(data.number);
      });
      webSocket.on("error", () => {});
      webSocket.on("close", again);
    } catch {
      again();
    }
  },
};

function listen(client, hear) {
  client.on("server-message", ({ message }) => hear(message.data.number));
  return client.start();
}

const credentialAt = (url) => ({ getClientAccessUrl: () => negotiate(url) });

async function negotiate(url) {
  const response = await fetch(url);
  return (await response.json()).url;
}
