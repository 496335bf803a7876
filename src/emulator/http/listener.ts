import type { Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { EmulatorError } from "../contract/errors.ts";

/**
 * Listens, stops and listens again on the same port; knows every open TCP socket. None of this keeps
 * the process alive.
 */
export class Listener {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    // A socket that could not be accepted is the peer's trouble, not a reason to end the process.
    server.on("error", () => {});
    server.unref();
    const sockets = this.#sockets;
    // One function for all sockets: a closure of its own for each would be most of its cost.
    function forget(this: Socket): void {
      sockets.delete(this);
    }
    const add = (socket: Socket): void => {
      sockets.add(socket.unref());
      socket.on("close", forget);
    };
    server.on("connection", add).on("secureConnection", add);
  }

  /** Those that are open; with TLS, each of them and what it is within TLS. */
  get sockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  /**
   * Resolves to the port, which matters when 0 was asked for.
   *
   * @throws EmulatorError `ERR_PORT_IN_USE` or `ERR_LISTEN_FAILED`.
   */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        this.#server.off("listening", onListening);
        reject(listenError(error, port, host));
      };
      const onListening = (): void => {
        this.#server.off("error", onError);
        resolve((this.#server.address() as AddressInfo).port);
      };
      this.#server.once("error", onError).once("listening", onListening).listen(port, host);
    });
  }

  /** Refuses new sockets, destroys all open ones and resolves when they are gone. */
  async stop(): Promise<void> {
    const closed = this.#close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Refuses new sockets and gives the open ones some time to end before it destroys them. */
  async drain(graceInMs: number): Promise<void> {
    const closed = this.#close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => void this.stop(), graceInMs);
    await closed;
    clearTimeout(timer);
  }

  #close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function listenError(cause: NodeJS.ErrnoException, port: number, host: string): EmulatorError {
  return cause.code === "EADDRINUSE"
    ? new EmulatorError(
        "ERR_PORT_IN_USE",
        `Port ${port} on ${host} is in use; choose another, or 0 for any free one.`,
        { cause },
      )
    : new EmulatorError("ERR_LISTEN_FAILED", `Cannot listen on ${host}, port ${port}.`, { cause });
}
