// The rival: what one would write with `ws` alone. A POST sends its body to every socket.
import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { serveCalls } from "../support/serve-calls.mjs";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const message = Buffer.concat(chunks);
    for (const webSocket of webSockets.clients) webSocket.send(message, { binary: false });
    response.writeHead(202).end();
  });
});
const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (webSocket) => {
  webSocket.on("error", () => {});
  webSocket.on("message", () => {});
});
server.listen(0, "127.0.0.1", 4096);
await once(server, "listening");

serveCalls({ info: () => ({ endpoint: `http://127.0.0.1:${server.address().port}` }) });
