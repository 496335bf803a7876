import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listening {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

// The demo has no login, so it is for this machine only.
const HOST = "127.0.0.1";
const ATTEMPTS = 100;

/** Listens on the first free port from `firstPort` on; 0 takes any. */
export function listenOnLoopback(firstPort: number): Promise<Listening> {
  return onFreePort(firstPort, listenOn);
}

/** Listens on this port, or rejects. */
export async function listenOn(wanted: number): Promise<Listening> {
  const server = createServer();
  server.listen(wanted, HOST);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://${HOST}:${port}`, close: () => end(server) };
}

/** Opens something on the first port from `firstPort` on that is not taken; 0 takes any. */
export async function onFreePort<T>(
  firstPort: number,
  open: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await open(firstPort === 0 ? 0 : firstPort + attempt);
    } catch (error) {
      if (!isPortTaken(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** EACCES is how Windows says that a port is reserved; the last one is how the emulator says it. */
export function isPortTaken(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["EADDRINUSE", "EACCES", "ERR_PORT_IN_USE"].includes(code);
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
