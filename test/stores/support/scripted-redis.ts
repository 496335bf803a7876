import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { closeAfterTest } from "../../support/clean-up.ts";

export interface ScriptedRedis {
  readonly port: number;
  readonly url: string;
  /** When each connection was made, in the time of `performance.now()`. */
  readonly connectedAt: number[];
  /** How scripts are answered: an error, or with no value. Undefined: not at all. */
  answer: string | undefined;
}

const NO_VALUES = "*2\r\n$-1\r\n$-1\r\n";

/** A server that answers each script with what the test says, and everything else with OK. */
export async function startScriptedRedis(answer?: string): Promise<ScriptedRedis> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    redis.connectedAt.push(performance.now());
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    socket.on("data", (chunk) => {
      // Short commands come whole, and the name of one follows the count of its parts.
      for (const [, name = ""] of String(chunk).matchAll(/\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n/g)) {
        if (!/^EVAL/.test(name)) socket.write("+OK\r\n");
        else if (redis.answer !== undefined) socket.write(replyOf(redis.answer));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closeAfterTest({
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  const { port } = server.address() as AddressInfo;
  const redis: ScriptedRedis = { port, url: `redis://127.0.0.1:${port}`, connectedAt: [], answer };
  return redis;
}

const replyOf = (answer: string): string => (answer === "" ? NO_VALUES : `-${answer}\r\n`);
