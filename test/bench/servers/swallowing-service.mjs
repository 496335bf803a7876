// A service that takes every message but those that say "poison", which it never answers.
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { serveCalls } from "../support/serve-calls.mjs";

const server = createServer(async (request, response) => {
  const body = await text(request).catch(() => "poison");
  if (!body.includes("poison")) response.writeHead(request.method === "POST" ? 202 : 200).end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

serveCalls({ info: () => ({ urls: [`http://127.0.0.1:${server.address().port}`] }) });
