import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What connections go through that is slow, or breaks. */
export interface SlowLink {
  readonly url: string;
  /** How many bytes have come to the clients. */
  readonly bytesDown: number;
  readonly bytesUp: number;
  /** Nothing passes any more, and nobody is told. */
  blackhole(): void;
  /** Ends what is connected. */
  cut(): void;
  close(): void;
}

export interface SlowLinkOptions {
  /** Bytes per second from clients. Default: no limit. */
  readonly up?: number;
  /** Bytes per second to clients. Default: no limit. */
  readonly down?: number;
}

const SLICES_PER_SECOND = 50;

/** All connections share its speed. */
export async function startSlowLink(
  target: string,
  { up = Number.POSITIVE_INFINITY, down = Number.POSITIVE_INFINITY }: SlowLinkOptions,
): Promise<SlowLink> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const bytes = { up: 0, down: 0 };
  const freeAt = { up: 0, down: 0 };
  let isBlack = false;

  const move = async (from: Socket, to: Socket, way: "up" | "down", perSecond: number) => {
    const slice = Math.max(1, Math.min(2 ** 20, Math.floor(perSecond / SLICES_PER_SECOND)));
    for await (const chunk of from) {
      for (let at = 0; at < chunk.length && !isBlack && !to.destroyed; at += slice) {
        const part = chunk.subarray(at, at + slice);
        to.write(part);
        bytes[way] += part.length;
        if (!Number.isFinite(perSecond)) continue;
        const now = performance.now();
        freeAt[way] = Math.max(freeAt[way], now) + (part.length / perSecond) * 1000;
        await delay(freeAt[way] - now);
      }
    }
    to.end();
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    // What a client has left takes nothing of the link any more.
    near.on("close", end);
    move(near, far, "up", up).catch(end);
    move(far, near, "down", down).catch(end);
  });
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytesDown() {
      return bytes.down;
    },
    get bytesUp() {
      return bytes.up;
    },
    blackhole: () => {
      isBlack = true;
    },
    cut,
    close: () => {
      cut();
      server.close();
    },
  };
}
