import type { Frame } from "../protocol/message.ts";

/** What a client's frames mean; `handle` is called for one frame at a time. */
export interface ClientProtocol {
  handle(frame: Frame): Promise<void>;
  /** Whether the frame asks for a sign of life, which waits for nothing. */
  isPing(frame: Frame): boolean;
  readonly hasOpenStreams: boolean;
  /** The client has gone for good. */
  close(): void;
}
