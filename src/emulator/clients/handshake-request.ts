import type { IncomingMessage } from "node:http";
import type { Reply } from "../http/reply.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import { isHubName } from "../names.ts";

/** A client at the door, well mannered so far. */
export interface HandshakeRequest {
  readonly hub: string;
  readonly query: URLSearchParams;
  readonly offered: readonly string[];
}

export type ReadHandshake =
  | { readonly kind: "client"; readonly request: HandshakeRequest }
  | { readonly kind: "refused"; readonly reply: Reply };

type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers">;

/** Reads an upgrade request, as far as that needs no token and no state. */
export function readHandshake(request: RequestHead): ReadHandshake {
  const { rawPath, rawQuery } = splitTarget(request.url);
  if (/^\/clients\/(mqtt|socketio)\//i.test(rawPath)) {
    return refuse(501, "The emulator does not speak MQTT and Socket.IO.");
  }
  const query = new URLSearchParams(rawQuery);
  const hub = hubOf(rawPath, query);
  if (hub === undefined) return refuse(404, "There is no such endpoint.");
  if (!isHubName(hub)) return refuse(400, "The hub name is invalid.");
  if (!isWebSocketUpgrade(request)) return refuse(400, "This is not a WebSocket handshake.");
  const offered = readOffer(request.headers["sec-websocket-protocol"]);
  if (!offered) return refuse(400, "The Sec-WebSocket-Protocol header is malformed.");
  return problemOfMode(query) ?? { kind: "client", request: { hub, query, offered } };
}

/** The hub of a client URL; undefined when the path is not a client's. */
function hubOf(path: string, query: URLSearchParams): string | undefined {
  if (path === "/client" || path === "/client/") return query.get("hub") ?? "";
  const [, encoded] = /^\/client\/hubs\/([^/]*)$/.exec(path) ?? [];
  return encoded === undefined ? undefined : (decodePercent(encoded) ?? "");
}

/** Simple clients may say what their frames mean; so far they can only be events. */
function problemOfMode(query: URLSearchParams): ReadHandshake | undefined {
  switch (query.get("webpubsub_mode") ?? "") {
    case "":
    case "sendEvent":
      return undefined;
    case "sendToGroup":
      return refuse(501, "The emulator does not have the sendToGroup mode yet.");
    default:
      return refuse(400, "The webpubsub_mode is unknown.");
  }
}

// What ws would refuse by itself, told before an app server is asked about the client.
function isWebSocketUpgrade({ method, headers }: RequestHead): boolean {
  return (
    method === "GET" &&
    headers.upgrade?.toLowerCase() === "websocket" &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers["sec-websocket-key"] ?? "") &&
    ["8", "13"].includes(headers["sec-websocket-version"] ?? "")
  );
}

function readOffer(header: string | undefined): string[] | undefined {
  if (header === undefined) return [];
  const names = header.split(",").map((name) => name.trim());
  const isOffer = names.every((name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name));
  return isOffer && new Set(names).size === names.length ? names : undefined;
}

const refuse = (status: number, message: string): ReadHandshake => ({
  kind: "refused",
  reply: { status, headers: { "Content-Type": "text/plain; charset=utf-8" }, body: message },
});
