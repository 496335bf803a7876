import type { Socket } from "node:net";
import type { Client, Dispatcher } from "undici";
import type { SentCall } from "./hung-calls.ts";

/** What a socket carries out, one after the other. */
export interface PooledCall extends Dispatcher.DispatchHandler, SentCall {
  readonly options: Dispatcher.DispatchOptions;
  /** Ends it with an error, and takes the socket with it if it was sent. */
  abort(error: Error): void;
}

/** What a call fails with that was given to a socket that had been closed, before it was sent. */
export class SocketClosedError extends Error {}

interface SocketListener {
  /** It may be given the next call. */
  onFree(socket: PooledSocket): void;
  /** It is closed; the call that it was given last may not have been sent. */
  onGone(socket: PooledSocket): void;
}

/** Longer than most pauses between two broadcasts, and shorter than a service keeps idle sockets. */
const KEEP_ALIVE_IN_MS = 30_000;

const CLIENT_OPTIONS: Client.Options = {
  // Deadlines are set for each operation, by its signal.
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_IN_MS,
  // Far more than a page of a list; what is larger is not the service.
  maxResponseSize: 4 * 1024 * 1024,
  pipelining: 1,
};

/** One connected socket, and the HTTP that is spoken on it. It is never connected again. */
export class PooledSocket implements SentCall {
  /** The call that it was given last, unless it is free. */
  call: PooledCall | undefined;
  /** Whether its endpoint has gone out of use since it was given its call. */
  isStale = false;
  readonly #socket: Socket;
  readonly #client: Client;
  #isHandedOver = false;
  #unusedTimer: NodeJS.Timeout | undefined;

  constructor(HttpClient: typeof Client, origin: string, socket: Socket, listener: SocketListener) {
    this.#socket = socket;
    socket.once("close", () => {
      clearTimeout(this.#unusedTimer);
      listener.onGone(this);
    });
    this.#client = new HttpClient(origin, {
      ...CLIENT_OPTIONS,
      connect: (_, callback) => {
        // It may have been closed since; a second time there is nothing to connect.
        const isOpen = !this.#isHandedOver && !socket.destroyed;
        this.#isHandedOver = true;
        // The client takes no answer before it has asked.
        void Promise.resolve().then(() =>
          isOpen ? callback(null, socket) : callback(new SocketClosedError(), null),
        );
      },
    });
    this.#client.on("drain", () => {
      if (socket.destroyed) return;
      this.call = undefined;
      this.isStale = false;
      listener.onFree(this);
    });
  }

  get quietSince(): number {
    const isSending = this.#socket.writableLength > 0;
    return isSending
      ? Number.POSITIVE_INFINITY
      : (this.call?.quietSince ?? Number.POSITIVE_INFINITY);
  }

  get bytes(): number {
    return this.call?.bytes ?? 0;
  }

  get isMessage(): boolean {
    return this.call?.isMessage ?? false;
  }

  send(call: PooledCall): void {
    clearTimeout(this.#unusedTimer);
    this.call = call;
    this.#client.dispatch(call.options, call);
  }

  /** Keeps it for a while though no call has come; later the client does that itself. */
  keepUnused(): void {
    if (this.#isHandedOver) return;
    this.#unusedTimer = setTimeout(() => this.destroy(), KEEP_ALIVE_IN_MS);
    this.#unusedTimer.unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
