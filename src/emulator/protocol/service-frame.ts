import type { Payload } from "./message.ts";

export interface AckError {
  readonly name: "BadRequest" | "Duplicate" | "Forbidden" | "InternalServerError";
  readonly message: string;
}

/** How a group's state of one connection is told. */
export interface GroupStateItem {
  readonly connectionId: string;
  readonly userId?: string | undefined;
  readonly state?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

/** What the service says to one client, beside messages. */
export type ServiceFrame =
  | {
      readonly kind: "connected";
      readonly connectionId: string;
      readonly userId: string | null;
      readonly reconnectionToken: string | undefined;
    }
  | { readonly kind: "disconnected"; readonly reason: string }
  /** A success unless there is an error. */
  | { readonly kind: "ack"; readonly ackId: number; readonly error: AckError | undefined }
  | { readonly kind: "pong" }
  | {
      readonly kind: "invokeResponse";
      readonly invocationId: string;
      readonly payload?: Payload | undefined;
      /** A success unless there is an error. */
      readonly error?: { readonly name: string; readonly message: string } | undefined;
    }
  | { readonly kind: "streamAck"; readonly streamId: string; readonly expectedSequenceId: number }
  | {
      readonly kind: "streamNack";
      readonly streamId: string;
      readonly name: "InvalidSequenceId" | "TransientError";
      readonly message: string;
      readonly expectedSequenceId: number;
    }
  | {
      readonly kind: "streamClosed";
      readonly streamId: string;
      readonly error?:
        | {
            readonly name:
              | "BadRequest"
              | "Forbidden"
              | "IdleTimeout"
              | "InternalServerError"
              | "StreamNotFound";
            readonly message: string;
          }
        | undefined;
    }
  | {
      readonly kind: "groupStateSnapshot" | "groupStateUpdate";
      readonly group: string;
      readonly items: readonly GroupStateItem[];
    };
