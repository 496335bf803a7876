// Services behind TLS that accept every send, by HTTP/2 or HTTP/1.1, as whoever calls would rather have it.
import { once } from "node:events";
import { createSecureServer } from "node:http2";
import { options, serveCalls } from "../support/serve-calls.mjs";

const { createSelfSignedCertificate } = await import(
  "../dist/parts/emulator/http/self-signed-certificate.mjs"
);
const hosts = ["127.0.0.1"];
const certificate = createSelfSignedCertificate(hosts, new Date());

const urls = [];
for (let index = 0; index < options.count; index++) {
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    request.resume().on("end", () => {
      response.writeHead(202, { "content-length": "0" });
      response.end();
    });
  });
  server.listen(0, hosts[0]);
  await once(server, "listening");
  urls.push(`https://127.0.0.1:${server.address().port}`);
}

serveCalls({ info: () => ({ urls, ca: certificate.cert }) });
