import type { RawData, WebSocket } from "ws";

/** The service answered the handshake of a WebSocket with something else. */
export class HandshakeError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number) {
    super(`The handshake was answered ${statusCode}`);
    this.statusCode = statusCode;
  }
}

/** Far more than a greeting and messages of ours. */
const maxFrameInBytes = 64 * 1024;
const maxFrames = 100;

/**
 * A connection that speaks a protocol of the service as far as is needed to see what arrives: the texts
 * of this diagnosis look the same in all of them.
 */
export class TestClient {
  readonly #socket: WebSocket;
  readonly #frames: string[] = [];
  #onFrame: () => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: RawData) => {
      if (this.#frames.length >= maxFrames) return;
      this.#frames.push(Buffer.from(data as Buffer).toString("latin1"));
      this.#onFrame();
    });
  }

  /**
   * Resolves when the service has greeted it, or, where the protocol has no greeting, let it in.
   *
   * @param subprotocol Undefined for a simple client.
   * @throws HandshakeError, the reason of the signal, or what the connection failed with
   */
  static async open(
    url: string,
    subprotocol: string | undefined,
    signal: AbortSignal,
  ): Promise<TestClient> {
    const library = await import("ws");
    signal.throwIfAborted();
    const options = { maxPayload: maxFrameInBytes, perMessageDeflate: false };
    const socket = new library.WebSocket(url, subprotocol ? [subprotocol] : [], options);
    const client = new TestClient(socket);
    const opened = new Promise<void>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      socket.on("unexpected-response", (_, { statusCode = 0 }) =>
        reject(new HandshakeError(statusCode)),
      );
      socket.on("error", reject);
      socket.on("close", (code) => reject(new Error(`closed with ${code}`)));
      if (subprotocol) client.#onFrame = resolve;
      else socket.on("open", resolve);
    });
    try {
      await opened;
      return client;
    } catch (error) {
      client.end();
      throw error;
    }
  }

  /** What has arrived that begins with the mark, each with the number behind it, in order. */
  numbersBehind(mark: string): number[] {
    const pattern = new RegExp(`${mark}(\\d+)`);
    return this.#frames
      .map((frame) => pattern.exec(frame)?.[1])
      .filter((number) => number !== undefined)
      .map(Number);
  }

  /** Called at each frame from now on. */
  set onFrame(listener: () => void) {
    this.#onFrame = listener;
  }

  end(): void {
    this.#socket.terminate();
  }
}
