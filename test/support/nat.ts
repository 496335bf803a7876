import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What connections go through whose ports are few. */
export interface Nat {
  readonly url: string;
  /** How many are open now, and were at most, those included that were left without a port. */
  readonly open: number;
  readonly mostOpen: number;
  /** How many have been left without a port. */
  readonly lost: number;
  /** Ports from now on. */
  ports: number;
  /** Told of every connection. */
  onSocket: ((socket: Socket) => void) | undefined;
  close(): void;
}

/**
 * Connections beyond its ports are not answered, and go on waiting. They are connected as far as TCP
 * goes, since packets cannot be lost here.
 */
export async function startNat(target: string, ports = Number.POSITIVE_INFINITY): Promise<Nat> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mostOpen = 0;
  let lost = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    mostOpen = Math.max(mostOpen, sockets.size);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    nat.onSocket?.(socket);
    if (sockets.size > nat.ports) {
      lost += 1;
      return;
    }
    const onward = connect(Number(port), hostname);
    socket.pipe(onward).pipe(socket);
    onward.on("error", () => socket.destroy());
    socket.on("close", () => onward.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const nat: Nat = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get open() {
      return sockets.size;
    },
    get mostOpen() {
      return mostOpen;
    },
    get lost() {
      return lost;
    },
    ports,
    onSocket: undefined,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return nat;
}
