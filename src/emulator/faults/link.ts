import type { Socket } from "node:net";
import { Throttle } from "./throttle.ts";

/** In bytes per second; a way without a figure is as fast as ever. */
export interface LinkSpeed {
  readonly up?: number | undefined;
  readonly down?: number | undefined;
}

type WriteCallback = (error?: Error | null) => void;
type WrittenChunk = { readonly chunk: Buffer | string; readonly encoding: BufferEncoding };

/**
 * The way between a socket and its peer, which can be slow. It stands in for those functions of the
 * socket by which streams are implemented, so that nobody who reads or writes it notices; one chunk
 * each way is all that it holds.
 */
export class Link {
  readonly #socket: Socket;
  readonly #up = new Throttle();
  readonly #down = new Throttle();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#slowDown();
    this.#slowUp();
    // Whatever still waits learns that the socket is gone.
    socket.once("close", () => this.set({}));
  }

  set({ up, down }: LinkSpeed): void {
    this.#up.set(up);
    this.#down.set(down);
  }

  #slowDown(): void {
    const socket = this.#socket;
    const write = socket._write.bind(socket);
    const writeMany = socket._writev?.bind(socket);
    const writeSlowly = async (bytes: Buffer): Promise<void> => {
      for (let at = 0; at < bytes.length; ) {
        const step = bytes.subarray(at, at + this.#down.stepBytes);
        at += step.length;
        await this.#down.pass(step.length);
        await new Promise<void>((resolve, reject) => {
          write(step, "buffer" as BufferEncoding, (error) => (error ? reject(error) : resolve()));
        });
      }
    };
    socket._write = (chunk: Buffer | string, encoding, callback: WriteCallback) => {
      if (this.#down.isOpen) write(chunk, encoding, callback);
      else writeSlowly(bytesOf({ chunk, encoding })).then(() => callback(), callback);
    };
    socket._writev = (chunks: WrittenChunk[], callback: WriteCallback) => {
      if (this.#down.isOpen && writeMany) writeMany(chunks, callback);
      else writeSlowly(Buffer.concat(chunks.map(bytesOf))).then(() => callback(), callback);
    };
  }

  #slowUp(): void {
    const socket = this.#socket;
    const push = socket.push.bind(socket);
    const read = socket._read.bind(socket);
    const arrived: (Buffer | null)[] = [];
    let isDelivering = false;
    let onWanted: (() => void) | undefined;
    const deliver = async (): Promise<void> => {
      isDelivering = true;
      for (let chunk = arrived.shift(); chunk !== undefined; chunk = arrived.shift()) {
        if (chunk === null) push(null);
        else await deliverSlowly(chunk);
      }
      isDelivering = false;
      if (!socket.destroyed) read(0);
    };
    const deliverSlowly = async (bytes: Buffer): Promise<void> => {
      for (let at = 0; at < bytes.length; ) {
        const step = bytes.subarray(at, at + this.#up.stepBytes);
        at += step.length;
        await this.#up.pass(step.length);
        if (socket.destroyed) return;
        const wanted = new Promise<void>((resolve) => {
          onWanted = resolve;
        });
        if (!push(step)) await wanted;
      }
    };
    // Without this listener, what comes would go past us right into the HTTP parser.
    socket.on("data", ignore).off("data", ignore);
    socket.push = (chunk: Buffer | null) => {
      if (this.#up.isOpen && !isDelivering) return push(chunk);
      arrived.push(chunk);
      if (!isDelivering) void deliver();
      // Nothing more is read of the socket meanwhile.
      return false;
    };
    socket._read = (size) => {
      onWanted?.();
      if (!isDelivering) read(size);
    };
    socket.once("close", () => onWanted?.());
  }
}

const bytesOf = ({ chunk, encoding }: WrittenChunk): Buffer =>
  typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk;

const ignore = (): void => {};
