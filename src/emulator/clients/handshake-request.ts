import type { IncomingMessage } from "node:http";
import { isGroupName, isHubName } from "../contract/names.ts";
import { Refusal } from "../http/refusal.ts";
import { decodePercent, splitTarget } from "../http/target.ts";
import type { PublishMode } from "./simple-client.ts";
import { isMqtt } from "./subprotocol.ts";

/** A handshake that is well formed. */
export interface HandshakeRequest {
  readonly hub: string;
  readonly query: URLSearchParams;
  readonly offered: readonly string[];
}

type RequestHead = Pick<IncomingMessage, "method" | "url" | "headers">;

/**
 * Reads an upgrade request, as far as that needs no token and no state.
 *
 * @throws Refusal
 */
export function readHandshake(request: RequestHead): HandshakeRequest {
  const { rawPath, rawQuery } = splitTarget(request.url);
  if (/^\/clients\/(mqtt|socketio)\//i.test(rawPath)) {
    throw refusal(501, "The emulator does not speak MQTT and Socket.IO.");
  }
  const query = new URLSearchParams(rawQuery);
  const hub = hubOf(rawPath, query);
  if (hub === undefined)
    throw refusal(404, "There is no such path: clients connect at /client/hubs/{hub}.");
  if (!isHubName(hub)) throw refusal(400, `The hub name is invalid: ${HUB_NAME_RULE}.`);
  if (!isWebSocketUpgrade(request)) throw refusal(400, "This is not a WebSocket handshake.");
  const offered = readOffer(request.headers["sec-websocket-protocol"]);
  if (!offered) throw refusal(400, "The Sec-WebSocket-Protocol header is malformed.");
  if (offered.some(isMqtt)) throw refusal(501, "The emulator does not speak MQTT.");
  return { hub, query, offered };
}

const HUB_NAME_RULE = "it has 1 to 128 letters, digits and _`,.[], with a letter in front";

/** A handshake that is refused, with the reason in plain text: for the client, and for whoever watches. */
export const refusal = (
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal =>
  new Refusal({
    status,
    headers: { ...headers, "Content-Type": "text/plain; charset=utf-8" },
    body: message,
  });

/** The hub of a client URL; undefined when the path is not a client's. */
function hubOf(path: string, query: URLSearchParams): string | undefined {
  if (path === "/client" || path === "/client/") return query.get("hub") ?? "";
  if (path === "/client/hubs") return "";
  const [, encoded] = /^\/client\/hubs\/([^/]*)$/.exec(path) ?? [];
  return encoded === undefined ? undefined : (decodePercent(encoded) ?? "");
}

/**
 * Simple clients may say what their frames mean: events (undefined), or messages for one group. Who
 * recovers is not asked.
 *
 * @throws Refusal
 */
export function readPublishMode(query: URLSearchParams): PublishMode | undefined {
  const mode = query.get("webpubsub_mode") ?? "";
  if (mode === "" || mode === "sendEvent") return undefined;
  const [group, ...others] = query.getAll("group");
  if (mode !== "sendToGroup" || group === undefined || others.length > 0) throw invalidMode();
  const noEcho = readNoEcho(query.getAll("noEcho").at(-1));
  if (!isGroupName(group) || noEcho === undefined) throw invalidMode();
  return { group, noEcho };
}

/** The bare name says yes as well. */
function readNoEcho(text = "false"): boolean | undefined {
  const value = text.toLowerCase();
  if (value === "false") return false;
  return value === "true" || value === "" ? true : undefined;
}

const invalidMode = (): Refusal =>
  refusal(400, "The webpubsub_mode is invalid: give sendEvent, or sendToGroup with one group.");

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
  // Else `trim` would take away more than spaces and tabs, which ws does not.
  if (!/^[\t\x20-\x7e]*$/.test(header)) return undefined;
  const names = header.split(",").map((name) => name.trim());
  const isOffer = names.every((name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name));
  return isOffer && new Set(names).size === names.length ? names : undefined;
}
