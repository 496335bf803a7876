import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { TlsCertificate } from "../contract/emulator-options.ts";

/** An HTTP server, be it with TLS or without. */
export type WebServer = Server;

// Longer than most clients keep a socket, so that they do not send into one that is being closed.
const KEEP_ALIVE_TIMEOUT_IN_MS = 65_000;

export const createWebServer = (certificate: TlsCertificate | undefined): WebServer =>
  certificate
    ? // It has everything an http server has; the types just do not say so.
      (createTlsServer({
        keepAliveTimeout: KEEP_ALIVE_TIMEOUT_IN_MS,
        ...certificate,
      }) as unknown as WebServer)
    : createServer({ keepAliveTimeout: KEEP_ALIVE_TIMEOUT_IN_MS });

/** Lets the server see only the connections that `admits` says yes to. */
export function filterConnections(server: WebServer, admits: (socket: Socket) => boolean): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection").on("connection", (socket) => {
    if (!admits(socket)) return;
    for (const listener of listeners) listener.call(server, socket);
  });
}
