import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { onOwnPort } from "../../support/own-port.ts";
import type { LinkMode } from "../recording/entry.ts";

/** Looks at what comes by, at the moment that it is sent. */
export type Tap = (chunk: Buffer) => void;

export interface LinkOptions {
  /** The port that it leads to; asked for by each new connection. */
  readonly target: () => number;
  /** Of each new connection, what looks at the requests. */
  readonly tap?: (() => Tap) | undefined;
}

/** How late everything is by the mode `delay`. */
const DELAY_IN_MS = 150;

/** One way of a connection. What is not to pass yet waits, and the order stays. */
class Stream {
  readonly #to: Socket;
  readonly #waiting: { readonly chunk: Buffer | "end"; readonly dueAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  isHeld = false;
  delayInMs = 0;

  constructor(to: Socket) {
    this.#to = to;
  }

  pass(chunk: Buffer | "end"): void {
    this.#waiting.push({ chunk, dueAt: performance.now() + this.delayInMs });
    this.flush();
  }

  flush(): void {
    clearTimeout(this.#timer);
    while (!this.isHeld) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const inMs = next.dueAt - performance.now();
      if (inMs > 0) {
        this.#timer = setTimeout(() => this.flush(), inMs);
        return;
      }
      this.#waiting.shift();
      if (next.chunk === "end") this.#to.end();
      else this.#to.write(next.chunk);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

class Connection {
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #requests: Stream;
  readonly #answers: Stream;
  #losesAnswers = false;
  #hasLost = false;

  constructor(near: Socket, { target, tap }: LinkOptions, onEnd: () => void) {
    this.#near = near;
    this.#far = connect({ port: target(), host: "127.0.0.1", allowHalfOpen: true });
    this.#requests = new Stream(this.#far);
    this.#answers = new Stream(near);
    const look = tap?.();
    const end = (): void => {
      this.end();
      onEnd();
    };
    near.on("data", (chunk) => {
      look?.(chunk);
      this.#requests.pass(chunk);
    });
    near.on("end", () => this.#requests.pass("end"));
    this.#far.on("data", (chunk) => {
      if (this.#losesAnswers) this.#hasLost = true;
      else this.#answers.pass(chunk);
    });
    this.#far.on("end", () => this.#answers.pass("end"));
    for (const socket of [near, this.#far]) socket.on("error", end).on("close", end);
  }

  set(mode: LinkMode): void {
    // With a gap in what was said, nobody could go on.
    if (mode === "cut" || this.#hasLost) {
      this.end();
      return;
    }
    this.#losesAnswers = mode === "lose-answers";
    for (const stream of [this.#requests, this.#answers]) {
      stream.isHeld = mode === "hold";
      stream.delayInMs = mode === "delay" ? DELAY_IN_MS : 0;
      stream.flush();
    }
  }

  end(): void {
    for (const stream of [this.#requests, this.#answers]) stream.close();
    for (const socket of [this.#near, this.#far]) socket.destroy();
  }
}

/** A way from one process to another, which can be broken without either of them being told. */
export class Link {
  readonly #options: LinkOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #mode: LinkMode = "open";

  private constructor(options: LinkOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true }, (near) => this.#accept(near));
  }

  static async open(options: LinkOptions): Promise<Link> {
    const link = new Link(options);
    await onOwnPort(async (port) => {
      link.#server.listen(port, "127.0.0.1");
      await once(link.#server, "listening");
    });
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get mode(): LinkMode {
    return this.#mode;
  }

  set(mode: LinkMode): void {
    this.#mode = mode;
    for (const connection of this.#connections) connection.set(mode);
  }

  /** Ends the connections that there are, since the target is another one now. */
  redirect(): void {
    for (const connection of this.#connections) connection.end();
  }

  close(): void {
    this.#server.close();
    this.redirect();
  }

  #accept(near: Socket): void {
    near.on("error", () => {});
    if (this.#mode === "cut") {
      near.resetAndDestroy();
      return;
    }
    const connection = new Connection(near, this.#options, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    connection.set(this.#mode);
  }
}
