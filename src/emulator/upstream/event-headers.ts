import { createHmac } from "node:crypto";
import type { Metadata } from "../protocol/message.ts";
import type { UpstreamEvent } from "./select-handler.ts";

/** Whom an event is about. */
export interface EventSubject {
  readonly hub: string;
  readonly connectionId: string;
  /** Null for an anonymous client; empty where the app server has said so. */
  readonly userId: string | null;
  /** Undefined during `connect`, and for clients without one. */
  readonly subprotocol: string | undefined;
  /** What the app server stored last. */
  readonly connectionState: string | undefined;
}

export interface EventStamp {
  /** The service's host, with its port. */
  readonly origin: string;
  readonly signature: string;
  readonly id: number;
  readonly time: Date;
}

/** The CloudEvents headers of one event, in binary content mode. */
export function eventHeaders(
  event: UpstreamEvent,
  subject: EventSubject,
  stamp: EventStamp,
): Record<string, string> {
  const { hub, connectionId, userId, subprotocol, connectionState } = subject;
  return {
    "WebHook-Request-Origin": stamp.origin,
    "ce-specversion": "1.0",
    "ce-awpsversion": "1.0",
    "ce-type": `azure.webpubsub.${CATEGORIES[event.kind]}.${event.name}`,
    "ce-source": `/hubs/${hub}/client/${connectionId}`,
    "ce-id": String(stamp.id),
    "ce-time": stamp.time.toISOString().replace(/\.\d+Z$/, "Z"),
    "ce-signature": stamp.signature,
    "ce-connectionId": connectionId,
    "ce-hub": hub,
    "ce-eventName": event.name,
    ...(userId && { "ce-userId": utf8Header(userId) }),
    ...(subprotocol !== undefined && { "ce-subprotocol": subprotocol }),
    ...(connectionState && { "ce-connectionState": connectionState }),
  };
}

const CATEGORIES = { system: "sys", group: "gp", user: "user" } as const;

export const metadataHeaders = (metadata: Metadata): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [`X-WebPubSub-Metadata-${key}`, value]),
  );

/**
 * Both keys sign, so that the app server may know either while keys are rotated. Where they are one
 * there is one signature: some programs compare the header as a whole.
 */
export function signConnection(connectionId: string, accessKeys: readonly string[]): string {
  return [...new Set(accessKeys)]
    .map((key) => `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`)
    .join(",");
}

// Node writes header characters as single bytes; this makes those bytes the UTF-8 of the text.
const utf8Header = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
