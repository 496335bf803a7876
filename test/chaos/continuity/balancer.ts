import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** As a load balancer does: each new connection goes to the next app server that takes it. */
export class Balancer {
  readonly #ports: readonly number[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((near) => this.#lead(near, 0));
  }

  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    balancer.#server.listen(0, "127.0.0.1");
    await once(balancer.#server, "listening");
    return balancer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #lead(near: Socket, attempts: number): void {
    const port = this.#ports[this.#turn++ % this.#ports.length];
    const far = connect(Number(port), "127.0.0.1");
    this.#keep(near);
    this.#keep(far);
    let isConnected = false;
    far.once("connect", () => {
      isConnected = true;
      near.pipe(far).pipe(near);
    });
    far.once("close", () => {
      if (isConnected || attempts + 1 >= this.#ports.length) near.destroy();
      else this.#lead(near, attempts + 1);
    });
    near.once("close", () => far.destroy());
  }

  #keep(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
  }
}
