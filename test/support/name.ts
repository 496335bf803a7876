import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** Stands for a name of the network: where it leads is asked for by each new connection only. */
export interface Name {
  readonly port: number;
  /** Connections that there have been. */
  dialled: number;
  leadTo(port: number): void;
  /** Ends the connections that there are. */
  cut(): void;
  close(): Promise<void>;
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @param certificate With it, clients speak TLS, which ends here. */
export async function startName(target: number, certificate?: Certificate): Promise<Name> {
  const sockets = new Set<Socket>();
  let leadsTo = target;
  const accept = (near: Socket): void => {
    name.dialled += 1;
    const far = connect(leadsTo, "127.0.0.1");
    near.pipe(far).pipe(near);
    const end = (): void => {
      for (const socket of [near, far]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [near, far]) sockets.add(socket.on("error", end).on("close", end));
  };
  const server = certificate ? createTlsServer(certificate, accept) : createServer(accept);
  // Whoever does not trust the certificate ends the handshake.
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const name: Name = {
    port: (server.address() as AddressInfo).port,
    dialled: 0,
    leadTo(port) {
      leadsTo = port;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    close() {
      name.cut();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return name;
}
