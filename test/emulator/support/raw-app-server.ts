import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** An app server that agrees to get events and then answers them with whatever bytes one likes. */
export class RawAppServer {
  /** How many events have come. */
  events = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer: (socket: Socket) => void): Promise<RawAppServer> {
    const server = createServer();
    const appServer = new RawAppServer(server);
    server.on("connection", (socket) => {
      appServer.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const text = data.toString("latin1");
        if (text.startsWith("OPTIONS")) socket.write(agreement);
        if (!text.startsWith("POST")) return;
        appServer.events += 1;
        answer(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return appServer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const agreement = [
  "HTTP/1.1 200 OK",
  "WebHook-Allowed-Origin: *",
  "Content-Length: 0",
  "Connection: keep-alive",
  "\r\n",
].join("\r\n");
