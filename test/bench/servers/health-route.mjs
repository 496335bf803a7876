// Many services that can do no more than answer health checks and canaries, each on a port of its own.
import { once } from "node:events";
import { createServer } from "node:http";
import { options, serveCalls } from "../support/serve-calls.mjs";

let checks = 0;
const urls = [];
for (let index = 0; index < options.count; index++) {
  const server = createServer((request, response) => {
    if (request.url.startsWith("/api/health")) checks += 1;
    response.writeHead(request.method === "POST" ? 202 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  urls.push(`http://127.0.0.1:${server.address().port}`);
}

serveCalls({ info: () => ({ urls }), checks: () => checks });
