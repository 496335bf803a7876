import { type RawData, WebSocket } from "ws";

/** Who is told of what becomes of a WebSocket. */
export interface WebSocketOwner {
  onMessage(data: RawData, isBinary: boolean): void;
  onPong(): void;
  onError(error: NodeJS.ErrnoException): void;
  onClose(code: number, reason: Buffer): void;
}

/**
 * A WebSocket that knows its owner, so that all share their listeners: closures of its own would be a
 * tenth of what an idle client takes.
 */
export class ClientWebSocket extends WebSocket {
  /** Undefined for one that is only there to be closed. */
  owner: WebSocketOwner | undefined;

  /** Once. */
  setOwner(owner: WebSocketOwner): void {
    this.owner = owner;
    this.on("message", onMessage).on("pong", onPong).on("error", onError).on("close", onClose);
  }
}

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  (this as ClientWebSocket).owner?.onMessage(data, isBinary);
}

function onPong(this: WebSocket): void {
  (this as ClientWebSocket).owner?.onPong();
}

function onError(this: WebSocket, error: Error): void {
  (this as ClientWebSocket).owner?.onError(error);
}

function onClose(this: WebSocket, code: number, reason: Buffer): void {
  (this as ClientWebSocket).owner?.onClose(code, reason);
}
