import { once } from "node:events";
import { closeReasonOf } from "express-resilient-pubsub";
import type { WebSocket } from "ws";

export const JSON_PROTOCOL = "json.webpubsub.azure.v1";

/** How the socket of a JSON client is closed: the code, and the reason that an app server gave. */
export async function closingOf(socket: WebSocket): Promise<string> {
  let lastFrame = {};
  socket.on("message", (frame) => {
    lastFrame = JSON.parse(String(frame));
  });
  const [code] = await once(socket, "close");
  return `${code} ${closeReasonOf({ message: lastFrame })}`;
}
