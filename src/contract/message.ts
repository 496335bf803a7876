import type { HubSendTextToAllOptions } from "@azure/web-pubsub";

/**
 * Text (with `contentType: "text/plain"`), bytes (an ArrayBuffer, a view of one or a Blob), or
 * anything that JSON can hold.
 */
export type Message = unknown;

export type ContentType =
  | HubSendTextToAllOptions["contentType"]
  | "application/json"
  | "application/octet-stream";
