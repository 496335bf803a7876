import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import {
  createPipelineRequest,
  type PipelineRequestOptions,
  type RestError,
} from "@azure/core-rest-pipeline";
import * as undici from "undici";
import { parseEndpoint } from "../../../src/options/parse-options.ts";
import { createEndpoint, type Endpoint } from "../../../src/service/endpoint.ts";
import { sendThrough } from "../../../src/service/exchange.ts";
import { poolClient } from "../../../src/service/pool-client.ts";
import { SocketPool } from "../../../src/service/socket-pool.ts";
import { closeAfterTest } from "../../support/clean-up.ts";

export const key = "the-key-of-a-raw-service";

/** A pool to the server, and how to send through it. */
export function poolTo(url: string, maxSockets = 64) {
  const pool = closeAfterTest(new SocketPool(undici, { name: "a", origin: url, maxSockets }));
  const client = poolClient(sendThrough(Promise.resolve(pool)));
  return (path: string, request: Partial<PipelineRequestOptions> = {}) =>
    client.sendRequest(
      createPipelineRequest({ url: url + path, allowInsecureConnection: true, ...request }),
    );
}

export function endpointAt(url: string, options: object = {}, maxSockets = 64): Endpoint {
  const connectionString = `Endpoint=${url};AccessKey=${key}`;
  const config = parseEndpoint({ name: "a", role: "primary", connectionString, ...options });
  return closeAfterTest(createEndpoint(config, "chat", maxSockets));
}

export async function failureOf(promise: Promise<unknown>): Promise<RestError> {
  return promise.then(
    () => Promise.reject(new Error("it resolved")),
    (error) => error,
  );
}

/** A server below HTTP, which does with each connection what the test says. */
export async function startTcp(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    onConnection(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest({
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
