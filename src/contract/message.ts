import type { HubSendTextToAllOptions } from "@azure/web-pubsub";

/**
 * Text (with `contentType: "text/plain"`), bytes (an ArrayBuffer, a view of one or a Blob), or
 * anything that JSON can hold. It is copied before the call returns.
 */
export type Message = unknown;

/** What a message is sent as: text, JSON or bytes. */
export type ContentType =
  | HubSendTextToAllOptions["contentType"]
  | "application/json"
  | "application/octet-stream";
