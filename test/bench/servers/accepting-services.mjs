// Services that are healthy and accept every send. They read requests by hand and answer ready-made
// bytes, since `node:http` would cost about as much as the fastest of those who call.
import { once } from "node:events";
import { createServer } from "node:net";
import { RequestReader } from "../support/request-reader.mjs";
import { options, serveCalls } from "../support/serve-calls.mjs";

const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
const fine = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

let sends = 0;
const urls = [];
for (let index = 0; index < options.count; index++) {
  const server = createServer({ noDelay: true }, (socket) => {
    const reader = new RequestReader();
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      for (const method of reader.add(bytes)) {
        if (method === "POST") sends += 1;
        socket.write(method === "POST" ? accepted : fine, "latin1");
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  urls.push(`http://127.0.0.1:${server.address().port}`);
}

serveCalls({ info: () => ({ urls }), sends: () => sends });
