import { type IncomingHttpHeaders, request as openRequest } from "node:http";
import { connect, type Socket } from "node:net";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { inSeconds, keyOf, signToken } from "./tokens.ts";

export interface RestRequest {
  method: string;
  path: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  /** Defaults to a good one; null sends none. */
  token?: string | null;
}

export interface RestAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export const apiVersion = "api-version=2024-12-01";

export const restToken = (emulator: Emulator, path: string): string =>
  signToken({ aud: emulator.endpoint + path, exp: inSeconds(60) }, keyOf(emulator));

/** One request over a connection of its own, byte for byte as told. */
export function callRest(emulator: Emulator, call: RestRequest): Promise<RestAnswer> {
  const { method, path, body, token = restToken(emulator, path) } = call;
  const length = Buffer.byteLength(body ?? "");
  const headers = {
    ...(token !== null && { Authorization: `Bearer ${token}` }),
    ...(method !== "GET" && method !== "HEAD" && { "Content-Length": String(length) }),
    ...call.headers,
  };
  return new Promise((resolve, reject) => {
    openRequest({ host: "127.0.0.1", port: emulator.port, method, path, headers, agent: false })
      .on("error", reject)
      .on("response", async (response) => {
        const bytes = Buffer.concat(await response.toArray());
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: bytes.toString(),
        });
      })
      .end(body);
  });
}

/** Text to every client of the hub `chat`; the query begins with `&`. */
export const sendToAll = (emulator: Emulator, text: string, query = ""): Promise<RestAnswer> =>
  callRest(emulator, {
    method: "POST",
    path: `/api/hubs/chat/:send?${apiVersion}${query}`,
    headers: { "Content-Type": "text/plain" },
    body: text,
  });

export async function connectionExists(emulator: Emulator, connectionId: string): Promise<boolean> {
  const path = `/api/hubs/chat/connections/${connectionId}?${apiVersion}`;
  return (await callRest(emulator, { method: "HEAD", path })).status === 200;
}

/** Writes bytes to the port and resolves to all that comes back until the server hangs up. */
export function sendRaw(emulator: Emulator, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    connect(emulator.port, "127.0.0.1", function (this: Socket) {
      this.write(bytes);
    })
      .on("data", (chunk) => chunks.push(chunk))
      .on("error", reject)
      .on("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** Resolves when the port takes a TCP connection; rejects with ECONNREFUSED when it refuses. */
export function openTcp(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket)).on("error", reject);
  });
}
