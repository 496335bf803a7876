// The rival: a Node server that reads each body and accepts it.
import { once } from "node:events";
import { createServer } from "node:http";
import { serveCalls } from "../support/serve-calls.mjs";

const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(202, { "Content-Length": 0 }).end());
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

serveCalls({ info: () => ({ endpoint: `http://127.0.0.1:${server.address().port}` }) });
