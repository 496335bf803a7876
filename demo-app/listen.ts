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
export async function listenOnLoopback(firstPort: number): Promise<Listening> {
  const server = createServer();
  for (let attempt = 0; ; attempt++) {
    try {
      server.listen(firstPort === 0 ? 0 : firstPort + attempt, HOST);
      await once(server, "listening");
      break;
    } catch (error) {
      if (!isTaken(error) || attempt === ATTEMPTS) throw error;
    }
  }
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `http://${HOST}:${port}`, close: () => end(server) };
}

// EACCES is how Windows says that a port is reserved.
function isTaken(error: unknown): boolean {
  return ["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "");
}

function end(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
