import type { Frame } from "../protocol/message.ts";

/** What a client's frames mean; it is called for one frame at a time. */
export interface ClientProtocol {
  handle(frame: Frame): Promise<void>;
  readonly hasOpenStreams: boolean;
  /** The client has gone for good. */
  close(): void;
}
