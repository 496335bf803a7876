import { createHmac } from "node:crypto";
import type { Emulator } from "express-resilient-pubsub/emulator";

export interface EventRequest {
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  /** Whom it is about. Default `connection-1`. */
  readonly connectionId?: string;
  /** Headers to add, to change, or (null) to leave out. */
  readonly headers?: Record<string, string | null>;
}

/** An event as the service posts it: signed with the key of the emulated endpoint. */
export function eventRequest(
  emulator: Emulator,
  {
    type = "user.echo",
    body = "hello",
    contentType = "text/plain",
    connectionId = "connection-1",
    headers = {},
  }: EventRequest,
): RequestInit {
  const all: Record<string, string | null> = {
    "Content-Type": contentType,
    "WebHook-Request-Origin": new URL(emulator.endpoint).host,
    "ce-awpsversion": "1.0",
    "ce-specversion": "1.0",
    "ce-type": `azure.webpubsub.${type}`,
    "ce-hub": "chat",
    "ce-connectionId": connectionId,
    "ce-userId": "ada",
    "ce-eventName": type.replace(/^.*\./, ""),
    "ce-signature": `sha256=${digest(accessKeyOf(emulator), connectionId)}`,
    ...headers,
  };
  return {
    method: "POST",
    body,
    headers: Object.entries(all).filter((header): header is [string, string] => header[1] !== null),
  };
}

export function accessKeyOf({ connectionString }: Emulator): string {
  return /AccessKey=([^;]+)/.exec(connectionString)?.[1] ?? "";
}

export function digest(key: string, connectionId: string): string {
  return createHmac("sha256", key).update(connectionId).digest("hex");
}
