import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
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

/** The server sees what `admit` makes of a connection, and nothing of those that it makes nothing of. */
export function filterConnections(
  server: WebServer,
  admit: (socket: Socket) => Duplex | undefined,
): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection").on("connection", (socket) => {
    const admitted = admit(socket);
    if (!admitted) return;
    for (const listener of listeners) listener.call(server, admitted);
  });
}
