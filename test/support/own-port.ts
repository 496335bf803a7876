import { once } from "node:events";
import { createServer } from "node:net";

/*
 * The port of what is down for a while is free for anybody. A test that runs beside this one and asks
 * for any free port would get it sooner or later, and answer in place of the dead. So each test process
 * has ports of its own, away from those that systems hand out by themselves.
 */
const PORTS_PER_PROCESS = 1000;
const first = 20_000 + (Number(process.env.JEST_WORKER_ID ?? 0) % 12) * PORTS_PER_PROCESS;
let taken = process.pid;

/** Listens at a port that nobody else takes while it is not in use. */
export async function onOwnPort<T>(listen: (port: number) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await listen(first + (taken++ % PORTS_PER_PROCESS));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ERR_PORT_IN_USE" && code !== "EADDRINUSE") throw error;
    }
  }
}

/** Such a port, for another program to listen at. */
export const ownPort = (): Promise<string> =>
  onOwnPort(async (port) => {
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return String(port);
  });
