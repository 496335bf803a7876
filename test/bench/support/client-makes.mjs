// The clients that are compared. Each negotiates at the URLs, one after the other where one does not
// answer, tells the numbers that it hears, and comes back by its own means.
import { WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import WebSocket from "ws";

const { ResilientPubSubClient } = await import("../dist/client.mjs");
const retryAfterInMs = 1000;

export const makes = {
  ours: (urls, hear) => listen(new ResilientPubSubClient(urls), hear),

  official: (urls, hear) => listen(new WebPubSubClient(credentialAt(urls)), hear),

  "official json": (urls, hear) =>
    listen(new WebPubSubClient(credentialAt(urls), { protocol: WebPubSubJsonProtocol() }), hear),

  "official tuned": (urls, hear) => {
    const protocol = WebPubSubJsonProtocol();
    const options = { protocol, keepAliveIntervalInMs: 5000, keepAliveTimeoutInMs: 10_000 };
    return listen(new WebPubSubClient(credentialAt(urls), options), hear);
  },

  /** As one writes it by hand. */
  async bare(urls, hear) {
    const again = () => setTimeout(() => makes.bare(urls, hear), retryAfterInMs);
    try {
      const webSocket = new WebSocket(await negotiate(urls), "json.webpubsub.azure.v1");
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

const credentialAt = (urls) => ({ getClientAccessUrl: () => negotiate(urls) });

async function negotiate([url, ...others]) {
  try {
    const response = await fetch(url);
    return (await response.json()).url;
  } catch (error) {
    if (others.length === 0) throw error;
    return negotiate(others);
  }
}
