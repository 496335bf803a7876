// One client with a real WebSocket that notes how old messages are when they arrive.
import { once } from "node:events";
import WebSocket from "ws";
import { serveCalls } from "./serve-calls.mjs";
import { wallClock } from "./wall-clock.mjs";

let webSocket;
let agesInMs = [];

function note(text) {
  const arrivedAt = wallClock();
  const { type, data } = JSON.parse(text);
  if (type === "message") agesInMs.push(arrivedAt - data.sentAt);
}

serveCalls({
  info: () => ({}),

  /** Resolves when the service has greeted the client. */
  async open(url) {
    webSocket = new WebSocket(url, "json.webpubsub.azure.v1");
    webSocket.on("message", note);
    await once(webSocket, "message");
  },

  /** The ages of the messages since the last call. */
  take() {
    const taken = agesInMs;
    agesInMs = [];
    return taken;
  },

  async close() {
    webSocket.terminate();
    await once(webSocket, "close");
  },
});
